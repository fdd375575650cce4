/** Which flags have no effect, or contradict each other. Each command has a list of rules; some hold for all commands. */
import type { Command } from 'commander'
import { KairosError } from '../../model/errors.ts'

/** Flags are written as they are typed; with a value, such as `--emit karpenter`, where only that value is meant. */
export interface FlagRule {
  /** Each of these is refused, */
  readonly flags: readonly string[]
  /** beside any of these (default: always), */
  readonly beside?: readonly string[]
  /** unless one of these is given. */
  readonly unless?: readonly string[]
  /** What is wrong, perhaps from the refused flag and the one beside it. */
  readonly problem?: string | ((flag: string, other: string) => string)
  readonly cure?: string
}

/** Rules of flags that several commands have. */
const SHARED: readonly FlagRule[] = [
  { flags: ['--model'], beside: ['--workload'], problem: '--workload and --model name a workload each' },
  {
    flags: ['--mix'],
    beside: ['--workload', '--model'],
    problem: (_, other) => `--mix and ${other} name a mix each`,
  },
  { flags: ['--max-batch'], beside: ['--no-batching'], problem: '--no-batching and --max-batch contradict' },
  {
    flags: ['--queries', '--arrivals', '--cv'],
    beside: ['--trace'],
    problem: (flag) => `--trace names a trace, and ${flag} generates one`,
  },
  { flags: ['--spare'], unless: ['--target-qps'], problem: '--spare has no target to keep' },
  { flags: ['--log'], beside: ['--queue'], cure: 'a queue remembers replays by itself: leave --log out' },
  { flags: ['--plan-speed', '--plan-from'], unless: ['--plan'] },
  ...together('--tls-cert', '--tls-key', 'TLS takes a certificate and its key'),
  {
    flags: ['--tls-client-ca'],
    unless: ['--tls-cert'],
    problem: '--tls-cert is missing',
    cure: 'TLS takes a certificate and its key',
  },
  ...together('--client-cert', '--client-key', 'a certificate goes with its key'),
]

/** Two flags that are given both or not at all. */
export function together(one: string, other: string, cure: string): FlagRule[] {
  return [
    { flags: [one], unless: [other], problem: `${other} is missing`, cure },
    { flags: [other], unless: [one], problem: `${one} is missing`, cure },
  ]
}

/** @throws KairosError BAD_USAGE for the first flag that a rule refuses */
export function applyRules(command: Command, rules: readonly FlagRule[]): void {
  const given = (flag: string) => isGiven(command, flag)
  for (const { flags, beside, unless = [], problem, cure } of [...SHARED, ...rules]) {
    const flag = flags.find(given)
    const other = beside?.find(given) ?? ''
    if (flag === undefined || (beside && other === '') || unless.some(given)) continue
    const said = beside ? `does not go with ${other}` : `needs ${unless.join(' or ')}`
    const advice = beside ? 'leave one out' : `add ${unless.join(' or ')}`
    const what = typeof problem === 'function' ? problem(flag, other) : problem
    throw new KairosError('BAD_USAGE', what ?? `${flag} ${said}`, {}, cure ?? advice)
  }
}

/**
 * Whether a flag was typed, or has another value than its default in the file of `--config`: saved configurations have the
 * defaults too.
 */
function isGiven(command: Command, typed: string): boolean {
  const [long, wanted] = typed.split(' ')
  const option = command.options.find((each) => each.long === long)
  if (option === undefined) return false
  const name = option.attributeName()
  const value: unknown = command.getOptionValue(name)
  const isSwitch = !option.required && !option.optional
  // --batching and --no-batching are one value
  if (value === undefined || (isSwitch && value !== !option.negate)) return false
  if (wanted !== undefined && String(value) !== wanted) return false
  const source = command.getOptionValueSource(name)
  return source === 'cli' || (source === 'config' && String(value) !== String(option.defaultValue))
}
