/**
 * Numbers side by side in memory: `vector[i]` loads and `vector[i] = x` stores, without a check of the index.
 * It is an address with a type: nothing is allocated, and nothing of it is left in the optimised module.
 */
@unmanaged
export class Vector<T> {
  [key: i32]: T

  @operator('[]')
  get(index: i32): T {
    return load<T>(changetype<usize>(this) + ((index as usize) << alignof<T>()))
  }

  @operator('[]=')
  set(index: i32, value: T): void {
    store<T>(changetype<usize>(this) + ((index as usize) << alignof<T>()), value)
  }

  /** The 16 bytes that start with number `index`. */
  lanes(index: i32): v128 {
    return v128.load(changetype<usize>(this) + ((index as usize) << alignof<T>()))
  }

  /** Overwrites the 16 bytes that start with number `index`. */
  setLanes(index: i32, value: v128): void {
    v128.store(changetype<usize>(this) + ((index as usize) << alignof<T>()), value)
  }

  /** The vector that starts with number `index` of this one. */
  from(index: i32): Vector<T> {
    return changetype<Vector<T>>(changetype<usize>(this) + ((index as usize) << alignof<T>()))
  }

  /** The vector of type U that starts after the first `count` numbers of this one. */
  behind<U>(count: i32): Vector<U> {
    return changetype<Vector<U>>(changetype<usize>(this) + ((count as usize) << alignof<T>()))
  }

  get address(): usize {
    return changetype<usize>(this)
  }

  /** Sets the first `count` numbers to 0. */
  clear(count: i32): void {
    memory.fill(changetype<usize>(this), 0, (count as usize) << alignof<T>())
  }

  /** Overwrites the first `count` numbers by those of another vector. */
  copy(from: Vector<T>, count: i32): void {
    memory.copy(changetype<usize>(this), changetype<usize>(from), (count as usize) << alignof<T>())
  }
}

/** The vector at an address. */
export function vectorAt<T>(address: usize): Vector<T> {
  return changetype<Vector<T>>(address)
}

/** The bit of an index within its word of a vector of bits: word number index >> 6. */
export function bitOf(index: i32): u64 {
  return (1 as u64) << ((index & 63) as u64)
}
