// Blocks of the ranking that the host shares.
//
// SelectArguments   | from | to | lattice | form | after | work | rows | out | types | base | limit | capacity | byCost |

/**
 * Arguments of selectLattice.
 * @host
 */
@unmanaged
export class SelectArguments {
  /** The first configuration of the range. */
  from: f64
  /** One more than the last. */
  to: f64
  /** Address of the lattice. */
  lattice: usize
  /** Address of the closed form. */
  form: usize
  /** Address of the row after which rows are kept; its bound is Infinity to keep all. */
  after: usize
  /** Address of latticeWorkBytes() bytes. */
  work: usize
  /** Address of room for `capacity` rows; the kept rows end up at its start, best first. */
  rows: usize
  /** Address of three f64 that are written: rows kept, configurations within the budget, those with a bound above 0. */
  out: usize
  /** Number of instance types. */
  types: i32
  /** Position of the base type. */
  base: i32
  /** How many rows to keep, at least 1. */
  limit: i32
  /** More than `limit`. */
  capacity: i32
  /** 1 if equal bounds are ordered by cost before number, else 0. */
  byCost: i32
}
