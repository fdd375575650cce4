/**
 * The page: a report where it carries results, a planner where it is opened empty. A change of the question is sent to
 * a worker; only the newest one is computed.
 */

import type { PageInput } from '../report/page/question.ts'
import { element, showError } from './elements.ts'
import { bindPictures } from './pictures.ts'
import { openPlanner } from './planner.ts'
import type { EngineCalls, FigureCalls } from './protocol.ts'
import { followWidth } from './scrolling.ts'
import { bytesIn, type Caller, startWorker } from './workers.ts'

async function shippedFiles(): Promise<Record<string, string>> {
  return JSON.parse(new TextDecoder().decode(await bytesIn('data')))
}

/** The names of the shipped workloads among the shipped files. */
function workloadNames(files: Record<string, string>): string[] {
  return Object.keys(files).flatMap((name) => /^workloads\/(.+)\.json$/.exec(name)?.[1] ?? [])
}

/** Starts engines: each knows the kernel and the shipped files. A signal ends its engine, even before it is ready. */
async function engineStarter(
  files: Record<string, string>,
): Promise<(signal?: AbortSignal) => Promise<Caller<EngineCalls>>> {
  const [code, kernel] = await Promise.all([bytesIn('engine'), bytesIn('kernel')])
  return async (signal) => {
    const engine = startWorker<EngineCalls>(code)
    signal?.addEventListener('abort', () => engine.end())
    await engine.call('start', { kernel, files })
    return engine
  }
}

async function main(): Promise<void> {
  bindPictures()
  for (const plot of document.querySelectorAll('#report .plot')) followWidth(plot)
  const given = JSON.parse(element('input').textContent ?? 'null') as PageInput | null
  // a report without a question is only read
  if (given && !given.workload) {
    document.body.dataset.state = 'ready'
    return
  }
  document.body.classList.add('scripted')
  const files = await shippedFiles()
  const shippedNames = workloadNames(files)
  const startEngine = await engineStarter(files)
  const engine = await startEngine()
  const figureCode = await bytesIn('figures')
  let figures: Caller<FigureCalls> | undefined
  const drawing = () => {
    figures ??= startWorker<FigureCalls>(figureCode)
    return figures
  }
  await openPlanner({ given, shippedNames, engine, startEngine, drawing })
}

main().catch((error: Error) => {
  document.body.dataset.state = 'failed'
  showError(`The page could not start: ${error.message}`)
})
