/** The worker that draws: the same specifications and the same renderer as `--svg`, without `eval`. */
import { expressionInterpreter } from 'vega-interpreter'
import { themedSvg } from '../report/plots/palette.ts'
import { renderSvg } from '../report/plots/plot.ts'
import type { FigureCalls, Reply, Request } from './protocol.ts'

const scope = globalThis as unknown as {
  onmessage: (event: { data: Request }) => void
  postMessage(reply: Reply): void
}

scope.onmessage = async ({ data: { id, input } }) => {
  try {
    const { spec, width } = input as FigureCalls['draw']['input']
    const svg = await renderSvg(spec, { inPage: true, width, interpreter: expressionInterpreter })
    scope.postMessage({ id, kind: 'done', result: themedSvg(svg) })
  } catch (error) {
    scope.postMessage({ id, kind: 'failed', failure: { message: (error as Error).message } })
  }
}
