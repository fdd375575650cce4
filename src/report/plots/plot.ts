import type { Config, TopLevelSpec } from 'vega-lite'
import { BLUE, CATEGORIES, FAINT, GRID, INK, SUBTITLE } from './palette.ts'
import { wrapped } from './wrap.ts'

/** What a picture shows, in the grammar of Vega-Lite. */
export type PlotSpec = TopLevelSpec

/** One of several plots in a column. */
export type PlotPanel = Extract<PlotSpec, { vconcat: unknown }>['vconcat'][number]

/** One of several marks in a plot. */
export type PlotLayer = Extract<PlotSpec, { layer: unknown }>['layer'][number]

/** The most characters of a line of a title, and of a subtitle: longer ones make the picture wider than its plot. */
const TITLE_LINE = 90
const SUBTITLE_LINE = 110

/** The size of the titles of axes, pixels. */
const TITLE_SIZE = 12

/** The style of all pictures. */
const LOOK: Config = {
  background: 'white',
  padding: 16,
  font: 'Helvetica, Arial, sans-serif',
  title: {
    anchor: 'start',
    fontSize: 15,
    subtitleFontSize: 12,
    subtitleColor: SUBTITLE,
    color: INK,
    offset: 14,
  },
  axis: {
    labelColor: INK,
    titleColor: INK,
    titleFontWeight: 'normal',
    labelFontSize: 11,
    titleFontSize: TITLE_SIZE,
    gridColor: GRID,
    domainColor: FAINT,
    tickColor: FAINT,
  },
  legend: { labelColor: INK, titleColor: INK, titleFontWeight: 'normal', titleLimit: 0 },
  header: { labelColor: INK, titleColor: INK },
  text: { color: INK },
  view: { stroke: null },
  mark: { color: BLUE },
  point: { opacity: 1 },
  range: { category: [...CATEGORIES] },
}

/** The room that a column of a legend above a plot may need, pixels. */
const LEGEND_COLUMN = 200

/** A picture inside a page, which has its title and its text alternative in HTML. */
function inPageLook(width = Infinity): Config {
  const columns = Math.min(3, Math.max(1, Math.floor(width / LEGEND_COLUMN)))
  return {
    ...LOOK,
    background: 'transparent',
    padding: 4,
    aria: false,
    legend: { ...LOOK.legend, orient: 'top', direction: 'horizontal', columns },
  }
}

export interface DrawOptions {
  /** Whether the picture stands in a page: without title and background. */
  readonly inPage?: boolean
  /** The width of the plot in a page, pixels; that of the spec by default. */
  readonly width?: number | undefined
  /** Evaluates expressions where `eval` is forbidden: that of vega-interpreter. */
  readonly interpreter?: object
}

/** Renders a picture without a browser and without a network; the data are in the spec. */
export async function renderSvg(
  spec: PlotSpec,
  { inPage = false, width, interpreter }: DrawOptions = {},
): Promise<string> {
  // imported here: only drawing needs them, and the import takes most of a second
  const [{ parse, View, Warn }, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  const drawn = width === undefined ? spec : withWidth(spec, width)
  const { spec: compiled } = compile(inPage ? untitled(drawn) : withWrappedTitle(drawn), {
    config: inPage ? inPageLook(width) : LOOK,
  })
  if (width !== undefined) wrapAxisTitles(compiled, width)
  const runtime = interpreter ? parse(compiled, undefined, { ast: true }) : parse(compiled)
  const view = new View(runtime, {
    renderer: 'none',
    logLevel: Warn,
    ...(interpreter && { expr: interpreter as never }),
  })
  try {
    return `${await view.toSVG()}\n`
  } finally {
    view.finalize()
  }
}

/** The width of a character of a title, as Vega reckons it without a browser. */
const CHARACTER = 0.8 * TITLE_SIZE

/** Gives long titles of horizontal axes several lines, which would make a narrow picture wider than its plot. */
function wrapAxisTitles({ axes = [], marks = [] }: AxesWithin, most: number): void {
  for (const axis of axes) {
    if (axis.orient === 'bottom' && typeof axis.title === 'string')
      axis.title = wrapped(axis.title, ({ length }) => length * CHARACTER <= most)
  }
  for (const mark of marks) wrapAxisTitles(mark, most)
}

/** The part of a picture that has axes, of Vega. */
interface AxesWithin {
  readonly axes?: { readonly orient?: unknown; title?: unknown }[]
  readonly marks?: readonly object[]
}

function withWrappedTitle(spec: PlotSpec): PlotSpec {
  const { title } = spec
  if (typeof title !== 'object' || !('text' in title)) return spec
  const linesOf = (text: unknown, most: number) =>
    [text].flat().flatMap((line) => wrapped(String(line), ({ length }) => length <= most))
  const { text, subtitle } = title
  const wrappedTitle = {
    ...title,
    text: linesOf(text, TITLE_LINE),
    ...(subtitle !== undefined && { subtitle: linesOf(subtitle, SUBTITLE_LINE) }),
  }
  return { ...spec, title: wrappedTitle } as PlotSpec
}

/**
 * An axis of numbers.
 *
 * @param field of the values
 * @param title with their unit; null for an axis without a title
 * @param more of the channel, such as its scale
 */
export function quantity<More extends object = object>(field: string, title: string | null, more?: More) {
  return { field, type: 'quantitative' as const, title, ...(more as More) }
}

/** The axis of rates that are close to each other: it does not begin at 0. */
export function closeRates(field: string) {
  return quantity(field, 'queries a second', { scale: { zero: false } })
}

/** The scale of values from 0 up, to 1 if all are 0: a scale without extent has a single tick, "0.000000". */
export function scaleFromZero(values: readonly number[]): {
  readonly scale?: { readonly domain: [number, number] }
} {
  return values.some((value) => value > 0) ? {} : { scale: { domain: [0, 1] } }
}

/** By what share values may differ and still be one value: sums of prices have rounding errors. */
const ROUNDING = 1e-9

/** The scale of values >= 0. If all are equal it starts at 0: a scale without extent has a single tick, "2.000000". */
export function scaleOf(values: readonly number[]): { readonly zero: boolean } {
  const [least, most] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, 0],
  )
  return { zero: most - least <= ROUNDING * most }
}

/** A dashed line across the plot at a value of an axis. @param name what the value is, for readers of the SVG */
export function markAt(axis: 'x' | 'y', name: string, value: number) {
  return {
    data: { values: [{ [name]: value }] },
    mark: { type: 'rule' as const, strokeDash: [5, 4], color: INK },
    encoding: { [axis]: { field: name, type: 'quantitative' as const } },
  }
}

/** The ends of an interval of rates, which are not below 0; the mean where the interval has no end. */
export function intervalAround(mean: number, halfWidth: number): { low: number; high: number } {
  const half = Number.isFinite(halfWidth) ? halfWidth : 0
  return { low: Math.max(0, mean - half), high: mean + half }
}

function untitled(spec: PlotSpec): PlotSpec {
  const { title, ...rest } = spec
  return rest as PlotSpec
}

function withWidth(spec: PlotSpec, width: number): PlotSpec {
  if (!('vconcat' in spec)) return { ...spec, width } as PlotSpec
  const { vconcat, ...rest } = spec
  return { ...rest, vconcat: vconcat.map((panel) => ({ ...panel, width })) } as PlotSpec
}
