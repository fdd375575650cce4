// Perturbation against cycling.
//
// Where many variables have a reduced cost of 0 at once, the dual simplex method can pivot from basis to basis
// without lowering the bound, and return to a basis it has left. Services that are multiplied by random factors
// next to 1, one for each type and bin, have no such ties (Charnes, "Optimality and degeneracy in linear
// programming", Econometrica 20, 1952). The solver then works on perturbed copies of the services. Their optimal
// basis is a start for the program itself: no figure that is reported contains the perturbation.

import { servicesOf } from '../layout/fluid-program'
import { FluidWork, nextUsedLine, perturbedOf, usedLine } from '../layout/fluid-work'
import { sumKeyLoad } from './basis'
import { reloadEnvelopes } from './envelope'
import { onGrid } from './program'
import { refactorOrCrash } from './start'

/** Services grow by less than this share. Attempts take it, a hundredth and a ten-thousandth of it, in turn. */
const PERTURBATION: f64 = 1e-7

/** Perturbs the services of the lines in use, differently for every `seed`. The basis in use is void then. */
export function perturb(work: FluidWork, seed: i32): void {
  const size = seed % 3 == 0 ? PERTURBATION : seed % 3 == 1 ? PERTURBATION / 100 : PERTURBATION / 10_000
  const program = work.program
  let line = usedLine(work, 0)
  for (let j = 0; j < work.basis.lines; j++, line = nextUsedLine(line)) {
    const services = servicesOf(program, line.line)
    const perturbed = perturbedOf(work, j)
    perturbed.copy(services, program.paddedBins)
    for (let k = 0; k < program.bins; k++) {
      perturbed[k] = onGrid(services[k] * (1 + size * random((seed * 16 + line.type) * 1024 + k)))
    }
    line.services = perturbed
  }
  reloadEnvelopes(work)
}

/** Returns to the services of the program, with the basis that is optimal for the perturbed ones. */
export function removePerturbation(work: FluidWork): void {
  let line = usedLine(work, 0)
  for (let j = 0; j < work.basis.lines; j++, line = nextUsedLine(line)) {
    line.services = servicesOf(work.program, line.line)
  }
  reloadEnvelopes(work)
  sumKeyLoad(work)
  refactorOrCrash(work)
}

/** A pseudo-random number, 0 <= x < 1: the integer hash of Thomas Mueller, without its lowest 8 bits. */
function random(seed: i32): f64 {
  let bits = seed as u32
  bits = (bits ^ (bits >>> 16)) * 0x45d9f3b
  bits = (bits ^ (bits >>> 16)) * 0x45d9f3b
  return (((bits ^ (bits >>> 16)) >>> 8) as f64) / 16777216
}
