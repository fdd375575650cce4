/** The worker that draws: the same specifications and the same renderer as `--svg`, without `eval`. */
import { expressionInterpreter } from 'vega-interpreter'
import { themedSvg } from '../report/plots/palette.ts'
import { renderSvg } from '../report/plots/plot.ts'
import { answerCalls } from './answer-calls.ts'
import type { FigureCalls } from './protocol.ts'

answerCalls<FigureCalls>({
  async draw({ spec, width }) {
    return themedSvg(await renderSvg(spec, { inPage: true, width, interpreter: expressionInterpreter }))
  },
})
