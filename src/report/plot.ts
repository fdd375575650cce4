import type { Config, TopLevelSpec } from 'vega-lite'

/** What a picture shows, in the grammar of Vega-Lite. */
export type PlotSpec = TopLevelSpec

/** One of several plots in a column. */
export type PlotPanel = Extract<PlotSpec, { vconcat: unknown }>['vconcat'][number]

/** The style of all pictures. */
const LOOK: Config = {
  background: 'white',
  padding: 16,
  font: 'Helvetica, Arial, sans-serif',
  title: { anchor: 'start', fontSize: 15, subtitleFontSize: 12, subtitleColor: '#5b6570', offset: 14 },
  axis: {
    labelColor: '#3d464f',
    titleColor: '#3d464f',
    titleFontWeight: 'normal',
    labelFontSize: 11,
    titleFontSize: 12,
    gridColor: '#e6e9ec',
    domainColor: '#9aa4ad',
    tickColor: '#9aa4ad',
  },
  view: { stroke: null },
  mark: { color: '#2f6f9f' },
  range: { category: ['#2f6f9f', '#e08a3c', '#4c9a6a', '#b5525c', '#7d6bb0', '#8c7355'] },
}

/** Renders a picture without a browser and without a network; the data are in the spec. */
export async function renderSvg(spec: PlotSpec): Promise<string> {
  // imported here: only drawing needs them, and the import takes most of a second
  const [{ parse, View, Warn }, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  const compiled = compile(spec, { config: LOOK })
  const view = new View(parse(compiled.spec), { renderer: 'none', logLevel: Warn })
  try {
    return `${await view.toSVG()}\n`
  } finally {
    view.finalize()
  }
}
