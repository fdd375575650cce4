/** 12096.50 -> "12,096.50": the digits before the decimal point in groups of three */
export function groupDigits(number: number | string): string {
  return String(number).replace(/^-?\d+/, (whole) => whole.replaceAll(/\B(?=(\d{3})+$)/g, ','))
}
