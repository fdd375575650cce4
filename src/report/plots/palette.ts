/**
 * The colours of all pictures. The first six categories are those of Okabe and Ito (2008), which people with any colour vision can
 * tell apart, in the order of their contrast with white; black and a dark red of Tol (2021) follow, so that each policy has its own.
 * Eight more follow for types, each as far as possible from those before.
 */
export const INK = '#3d464f'
export const FAINT = '#9aa4ad'
export const GRID = '#e6e9ec'
export const SUBTITLE = '#5b6570'
export const CATEGORIES = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
  '#882255',
  '#332288',
  '#999933',
  '#663300',
  '#ee9988',
  '#3366ee',
  '#aa99ee',
  '#bb0022',
  '#77ccaa',
] as const
export const [BLUE, VERMILION] = CATEGORIES

/** Colours on a dark background, by the colour on white that they replace. */
const ON_DARK: Readonly<Record<string, string>> = {
  [INK]: '#d5dbe1',
  [FAINT]: '#8a949e',
  [GRID]: '#333b43',
  [SUBTITLE]: '#aab3bc',
  '#0072b2': '#4da6dd',
  '#d55e00': '#ff8a3d',
  '#009e73': '#2cc79a',
  '#cc79a7': '#e29cc3',
  '#e69f00': '#f2bb3f',
  '#56b4e9': '#8fd0f5',
  '#000000': '#ffffff',
  '#882255': '#e0569b',
  '#332288': '#9a8cf0',
  '#999933': '#c9c95a',
  '#663300': '#c07f45',
  '#ee9988': '#ffb8aa',
  '#3366ee': '#7fa0ff',
  '#aa99ee': '#cbbfff',
  '#bb0022': '#ff6677',
  '#77ccaa': '#a5ead0',
}

/**
 * A picture whose colours follow the page: each colour becomes a variable of the style sheet, with the colour on white
 * where there is none. Roles inside the picture go, because the page describes it as a whole. Text stays.
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
