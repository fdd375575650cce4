/** Shows sections in the page, and draws their figures in the worker. */
import { sectionsHtml } from '../report/page/html.ts'
import type { Section } from '../report/page/page.ts'
import type { PlotSpec } from '../report/plots/plot.ts'
import { element } from './elements.ts'
import { keepPlace } from './keep-place.ts'
import type { FigureCalls } from './protocol.ts'
import { followWidth } from './scrolling.ts'
import type { Caller } from './workers.ts'

/** The space that axes and legends take beside a plot as a rule, pixels. */
const AXES = 95

/** The most and the least width of a plot, pixels. */
const WIDEST = 760
const NARROWEST = 170

interface Picture {
  readonly svg: string
  /** The space beside its plot, pixels. */
  readonly beside: number
}

interface Drawn extends Picture {
  readonly of: string
}

/** A picture that has its most width is the same in all rooms that hold it. */
function drawingOf(spec: PlotSpec, room: number, beside: number): string {
  return JSON.stringify({ spec, room: Math.min(room, WIDEST + beside) })
}

/** @returns a function that replaces what an element shows. Figures of an older call are no longer drawn */
export function showIn(id: string, figures: () => Caller<FigureCalls>) {
  const place = element(id)
  /** The picture of each figure, and what it was drawn of. */
  const drawn = new Map<string, Drawn>()
  const svgs = () => new Map([...drawn].map(([figure, { svg }]) => [figure, svg]))
  let shows = 0
  return async (sections: readonly Section[]): Promise<void> => {
    const turn = ++shows
    // pictures of another model or trace are not shown again
    if (sections.length === 0) drawn.clear()
    // the old picture stays until the new one is drawn, so that nothing jumps
    keepPlace(() => {
      place.innerHTML = sectionsHtml(sections, svgs())
    })
    for (const { figures: pictures = [] } of sections) {
      for (const { id: figure, spec } of pictures) {
        const plot = document.querySelector<HTMLElement>(
          `#${CSS.escape(id)} #figure-${CSS.escape(figure)} .plot`,
        )
        if (turn !== shows || !plot) return
        const room = plot.clientWidth
        const last = drawn.get(figure)
        // an edit or another width leaves some figures as they are: drawing takes longer than ranking
        if (last?.of !== drawingOf(spec, room, last?.beside ?? AXES)) {
          const draw = (width: number) => figures().call('draw', { spec, width })
          const picture = await drawnWithin(room, last?.beside ?? AXES, draw)
          if (turn !== shows) return
          drawn.set(figure, { of: drawingOf(spec, room, picture.beside), ...picture })
          plot.innerHTML = picture.svg
        }
        followWidth(plot)
      }
    }
  }
}

/**
 * A picture that fits into its place, or has the narrowest plot.
 *
 * @param beside the space that is expected beside the plot, pixels: with long names it takes more
 */
async function drawnWithin(
  room: number,
  beside: number,
  draw: (width: number) => Promise<string>,
): Promise<Picture> {
  const width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, room - beside)))
  const svg = await draw(width)
  const taken = Math.ceil(Number(/viewBox="0 0 ([\d.]+)/.exec(svg)?.[1])) - width
  if (width + taken <= room || width === NARROWEST) return { svg, beside: Math.max(AXES, taken) }
  return { svg: await draw(Math.max(NARROWEST, room - taken)), beside: taken }
}
