// The data of the fluid program, as the solver wants it.
//
// Raw block (f64 words; T types, K bins), as the host lays it:
//
//   ε | probability[K] | service[T][K], ms | violation[T][K]
//
// Program block: bins without queries are left out, each row is padded to whole turns of 16 bins.
//
//   types | bins | row bytes | ε | scale[16]    f64 words; row bytes of f64, of other words their share
//   bin[]                                       i32, the number of each bin in the raw block
//   service[T][] | violation[T][]               f64, p_k l_tk 2^-e and p_k v_tk
//   probability[]                               f64
//   service[T][] | violation[T][]               f32, the same for the pass over all bins
//
// Every entry is rounded to a multiple of 2^-61, after a row of service times is scaled by a power of two so
// that it sums to less than 1. So sums over bins are exact in 64-bit integers: the load of a routing does not
// depend on the order in which bins were added to it. What is rounded away is 2^-62 of a row's sum an entry.

export const GRID: f64 = 2147483648.0 * 1073741824.0

const BINS: usize = 8
const ROW_BYTES: usize = 16
const EPSILON: usize = 24
const SCALE: usize = 32
const BIN: usize = SCALE + 8 * 16

/** Queries a second from services in milliseconds. */
const MS: f64 = 1000

/** The bytes of so many f64 or i64. */
export function words(count: i32): usize {
  return 8 * (count as usize)
}

export function rowBytesFor(bins: i32): usize {
  return 128 * (((bins + 15) >> 4) as usize)
}

export function programBytes(types: i32, bins: i32): usize {
  const row = rowBytesFor(bins)
  return BIN + row / 2 + (3 * (types as usize) + 1) * row
}

export function typesOf(programPtr: usize): i32 {
  return load<f64>(programPtr) as i32
}

export function binsOf(programPtr: usize): i32 {
  return load<f64>(programPtr, BINS) as i32
}

export function rowBytesOf(programPtr: usize): usize {
  return load<f64>(programPtr, ROW_BYTES) as usize
}

export function epsilonOf(programPtr: usize): f64 {
  return load<f64>(programPtr, EPSILON)
}

/** Scaled counts are counts times this; prices are scaled prices times this. */
export function scaleOf(programPtr: usize, type: i32): f64 {
  return load<f64>(programPtr + SCALE + words(type))
}

export function rawBinOf(programPtr: usize, bin: i32): i32 {
  return load<i32>(programPtr + BIN + 4 * (bin as usize))
}

export function serviceRow(programPtr: usize, type: i32): usize {
  const row = rowBytesOf(programPtr)
  return programPtr + BIN + row / 2 + (type as usize) * row
}

export function violationRow(programPtr: usize, type: i32): usize {
  return serviceRow(programPtr, typesOf(programPtr) + type)
}

/** The rows of f32: the services of all types, then the violations. */
export function roughRow(programPtr: usize, index: i32): usize {
  const row = rowBytesOf(programPtr)
  return serviceRow(programPtr, 2 * typesOf(programPtr) + 1) + (row / 2) * (index as usize)
}

function probabilityRow(programPtr: usize): usize {
  return serviceRow(programPtr, 2 * typesOf(programPtr))
}

export function probabilityOf(programPtr: usize, bin: i32): f64 {
  return load<f64>(probabilityRow(programPtr) + words(bin))
}

/** An entry, or a sum of entries, in units of the grid: exact. */
export function units(value: f64): i64 {
  return (value * GRID) as i64
}

/** Fills the program block from the raw block. */
export function layProgram(programPtr: usize, rawPtr: usize, types: i32, bins: i32): void {
  const probabilityPtr = rawPtr + 8
  let kept = 0
  for (let k = 0; k < bins; k++) {
    if (load<f64>(probabilityPtr + words(k)) == 0) continue
    store<i32>(programPtr + BIN + 4 * (kept as usize), k)
    kept++
  }
  const row = rowBytesFor(kept)
  store<f64>(programPtr, types as f64)
  store<f64>(programPtr, kept as f64, BINS)
  store<f64>(programPtr, row as f64, ROW_BYTES)
  store<f64>(programPtr, onGrid(load<f64>(rawPtr)), EPSILON)
  memory.fill(serviceRow(programPtr, 0), 0, (3 * (types as usize) + 1) * row)
  for (let i = 0; i < kept; i++) {
    const probability = load<f64>(probabilityPtr + words(rawBinOf(programPtr, i)))
    store<f64>(probabilityRow(programPtr) + words(i), probability)
  }
  for (let t = 0; t < types; t++) {
    const servicePtr = probabilityPtr + words(bins * (1 + t))
    const violationPtr = probabilityPtr + words(bins * (1 + types + t))
    let total: f64 = 0
    for (let i = 0; i < kept; i++) {
      const k = words(rawBinOf(programPtr, i))
      total += load<f64>(probabilityPtr + k) * load<f64>(servicePtr + k)
    }
    const scale = 1 / powerAbove(total)
    store<f64>(programPtr + SCALE + words(t), MS * scale)
    const ownService = serviceRow(programPtr, t)
    const ownViolation = violationRow(programPtr, t)
    for (let i = 0; i < kept; i++) {
      const k = words(rawBinOf(programPtr, i))
      const probability = load<f64>(probabilityPtr + k)
      // no service is free, however rare the bin
      const service = Math.max(1 / GRID, onGrid(probability * load<f64>(servicePtr + k) * scale))
      const violation = onGrid(probability * load<f64>(violationPtr + k))
      store<f64>(ownService + words(i), service)
      store<f64>(ownViolation + words(i), violation)
      store<f32>(roughRow(programPtr, t) + words(i) / 2, service as f32)
      store<f32>(roughRow(programPtr, types + t) + words(i) / 2, violation as f32)
    }
  }
}

export function onGrid(value: f64): f64 {
  return nearest(value * GRID) / GRID
}

/** The smallest power of two above a positive number. */
function powerAbove(value: f64): f64 {
  return reinterpret<f64>(((reinterpret<u64>(value) >> 52) + 1) << 52)
}
