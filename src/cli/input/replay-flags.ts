import type { KernelName } from '../../kernel/contract.ts'
import type { Service } from '../../model/workload/service.ts'
import type { OutputFlags } from '../output/save.ts'
import type { ArrivalFlags } from './arrivals.ts'
import type { ConfigurationFlags } from './configuration.ts'
import type { FlagRule } from './flag-rules.ts'
import { QUEUE_RULES } from './queue.ts'
import { isForEach } from './several.ts'

export interface ReplayFlags extends ConfigurationFlags, ArrivalFlags, OutputFlags<'table' | 'json' | 'csv'> {
  plan?: string
  seeds?: number[]
  queue?: string
  traceRoot?: string
  threads?: number
  policy: string[]
  service: Service
  kernel: KernelName
  schedule?: string
  chromeTrace?: string
  timing?: boolean
}

/** Rules of one trace on one configuration, or under a plan. */
const ONE_RULES: readonly FlagRule[] = [
  {
    flags: ['--counts', '--space', '--schedule', '--svg', '--report', '--chrome-trace', '--timing'],
    beside: ['--plan'],
    problem: (flag) => `${flag} is for one configuration, --plan has many`,
  },
  {
    flags: ['--queries', '--arrivals', '--cv'],
    beside: ['--plan'],
    unless: ['--rate'],
    problem: (flag) => `${flag} is for queries of one rate, and --plan has a rate for each window`,
    cure: 'leave it out, or add --rate',
  },
  {
    flags: ['--queue', '--trace-root', '--threads'],
    problem: (flag) => `${flag} is for many replays, and this is one input`,
    cure: 'give --seeds, or --counts or --trace more than once',
  },
  { flags: ['--timing'], unless: ['--format json', '--format csv'] },
]

/** Rules of a replay for each of several inputs. */
const MANY_RULES: readonly FlagRule[] = [
  {
    flags: ['--plan', '--schedule', '--chrome-trace', '--svg', '--report', '--timing'],
    problem: (flag) => `${flag} does not go with many replays`,
    cure: 'leave it out, or replay one trace on one configuration without --seeds',
  },
  {
    flags: ['--trace-root'],
    unless: ['--trace'],
    problem: '--trace-root is where traces are, and --trace names none',
  },
  { flags: ['--seed'], beside: ['--seeds'] },
  ...QUEUE_RULES,
]

export function rulesOf(given: ReplayFlags): readonly FlagRule[] {
  return isForEach(given) ? MANY_RULES : ONE_RULES
}
