/** The types that fields of a block have in AssemblyScript. */
export type FieldType = 'u8' | 'i32' | 'u32' | 'usize' | 'f32' | 'i64' | 'f64'

/**
 * Where the fields of a block lie in the memory of a kernel. The layouts are in `layouts/`, one file for each
 * file of assembly/layout/ with blocks that the host shares.
 */
export interface Layout<Values> {
  /** Bytes of the block. */
  readonly size: number
  readonly fields: { readonly [Field in keyof Values]: { readonly type: FieldType; readonly offset: number } }
  /** Writes every field, one statement for each: a loop over the fields would take as long as a small call. */
  write(view: DataView, address: number, values: Values): void
}
