// One instruction each on x64, where Math.min and Math.max take several. No operand is NaN.

export function larger(a: f64, b: f64): f64 {
  return a > b ? a : b
}

export function smaller(a: f64, b: f64): f64 {
  return a < b ? a : b
}
