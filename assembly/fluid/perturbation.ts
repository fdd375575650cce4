// Noise against circles: where many bins are tied between the same types at once, the dual simplex method
// can walk from basis to basis without lowering the bound. Services that are off by random factors have no
// such ties (the perturbation of Charnes, "Optimality and degeneracy in linear programming", Econometrica 20,
// 1952). It is laid over copies of the rows and lifted again: no figure that is given out contains it.

import { basisOf, noiseRow, programOf, ROW_SERVICE, rowPtr } from '../layout/fluid'
import { sumLoad, typeOf, usedTypes } from './basis'
import { invert } from './inverse'
import { binsOf, onGrid, rowBytesOf, serviceRow, words } from './program'
import { firstBasis } from './start'

/** Services differ by less than this share; it takes turns with smaller ones. */
const NOISE: f64 = 1e-7

/** Lays noise over the services of the types in use, other noise for every `seed`; the basis is void then. */
export function layNoise(workPtr: usize, seed: i32): void {
  const noise = seed % 3 == 0 ? NOISE : seed % 3 == 1 ? NOISE / 100 : NOISE / 10_000
  const programPtr = programOf(workPtr)
  const row = rowBytesOf(programPtr)
  for (let i = 0; i < usedTypes(basisOf(workPtr)); i++) {
    const from = serviceRow(programPtr, typeOf(basisOf(workPtr), i))
    const to = noiseRow(workPtr, row, i)
    memory.copy(to, from, row)
    for (let k = 0; k < binsOf(programPtr); k++) {
      const factor = 1 + noise * random((seed * 16 + i) * 1024 + k)
      store<f64>(to + words(k), onGrid(load<f64>(from + words(k)) * factor))
    }
    store<usize>(rowPtr(workPtr, i), to, ROW_SERVICE)
  }
}

/** Lifts the noise from under an optimal basis. */
export function liftNoise(workPtr: usize): void {
  for (let i = 0; i < usedTypes(basisOf(workPtr)); i++) {
    const row = serviceRow(programOf(workPtr), typeOf(basisOf(workPtr), i))
    store<usize>(rowPtr(workPtr, i), row, ROW_SERVICE)
  }
  sumLoad(workPtr)
  if (!invert(workPtr)) firstBasis(workPtr)
}

/** A number between 0 and 1 that looks random. */
function random(seed: i32): f64 {
  let bits = seed as u32
  bits = (bits ^ (bits >>> 16)) * 0x45d9f3b
  bits = (bits ^ (bits >>> 16)) * 0x45d9f3b
  return (((bits ^ (bits >>> 16)) >>> 8) as f64) / 16777216
}
