/**
 * The colours of all pictures. The first four categories are those of Okabe and Ito (2008), with black and a dark red
 * of Tol (2021); their yellow and sky blue are too pale for lines on paper. Each category has a contrast of at least 3
 * with its background (WCAG 2.2, 1.4.11), and each of the others is as far as possible from those before it, with any
 * colour vision.
 */
export const INK = '#3d464f'
/** The pale lines of a picture that have a meaning, and of its axes. */
export const FAINT = '#75808a'
export const GRID = '#e6e9ec'
export const SUBTITLE = '#5b6570'
/** The edges between areas. */
export const PAPER = '#ffffff'
export const CATEGORIES = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#775500',
  '#332288',
  '#000000',
  '#882255',
  '#9955ff',
  '#3300ee',
  '#552200',
  '#7700bb',
  '#bb3388',
  '#8888dd',
  '#995555',
  '#bb33cc',
] as const
export const [BLUE, VERMILION] = CATEGORIES

/** Colours on a dark background, by the colour on white that they replace. */
const ON_DARK: Readonly<Record<string, string>> = {
  [INK]: '#d5dbe1',
  [FAINT]: '#8a949e',
  [GRID]: '#333b43',
  [SUBTITLE]: '#aab3bc',
  [PAPER]: '#14181c',
  '#0072b2': '#4da6dd',
  '#d55e00': '#ff8a3d',
  '#009e73': '#2cc79a',
  '#cc79a7': '#e29cc3',
  '#775500': '#ffe066',
  '#332288': '#8877ff',
  '#000000': '#ffffff',
  '#882255': '#e0569b',
  '#9955ff': '#887733',
  '#3300ee': '#99ddff',
  '#552200': '#ff0044',
  '#7700bb': '#118877',
  '#bb3388': '#aaffbb',
  '#8888dd': '#bb44cc',
  '#995555': '#bbcc77',
  '#bb33cc': '#11ccff',
}

/**
 * A picture whose colours follow the page: each colour becomes a variable of the style sheet, with the colour on white
 * where there is none. Roles inside the picture are removed, because the page describes it as a whole.
 */
export function themedSvg(svg: string): string {
  return svg.replace(/<[^>]*>/g, (tag) =>
    tag.replace(/ (role|aria-[a-z]+)="[^"]*"/g, '').replace(/="(#[0-9a-f]{6})"/gi, (whole, color: string) => {
      const name = color.toLowerCase()
      return name in ON_DARK ? `="var(--c-${name.slice(1)},${name})"` : whole
    }),
  )
}

/** The variables of `themedSvg` for a dark page, as CSS. */
export function darkColors(): string {
  return Object.entries(ON_DARK)
    .map(([light, dark]) => `--c-${light.slice(1)}:${dark}`)
    .join(';')
}
