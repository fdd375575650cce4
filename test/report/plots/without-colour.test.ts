/** Pictures for people who see few colours, or print in grey. */
import { expect, test } from 'vitest'
import { CATEGORIES, darkColors, FAINT, INK } from '../../../src/report/plots/palette.ts'

/** The contrast of two colours after WCAG 2.2. */
function contrast(...colors: readonly [string, string]): number {
  const [darker, lighter] = colors
    .map((color) => {
      const [red, green, blue] = [1, 3, 5].map((at) => {
        const share = Number.parseInt(color.slice(at, at + 2), 16) / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    })
    .toSorted((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

test('every colour of a category, and of a line with a meaning, stands out from a white and from a dark page', () => {
  for (const color of [...CATEGORIES, INK, FAINT]) {
    const [, onDark] = new RegExp(`--c-${color.slice(1)}:(#\\w+)`).exec(darkColors())!
    expect(contrast(color, '#ffffff'), color).toBeGreaterThan(3)
    expect(contrast(onDark, '#14181c'), onDark).toBeGreaterThan(3)
  }
})
