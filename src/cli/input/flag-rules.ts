/** Which flags have no effect, or contradict each other. Each command has a list of rules; some hold for all. */
import type { Command, Option } from 'commander'
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

/**
 * Of two flags that contradict each other, one that was typed wins over one of the file of `--config`.
 *
 * @throws KairosError BAD_USAGE for the first flag that a rule refuses
 */
export function applyRules(command: Command, rules: readonly FlagRule[]): void {
  for (const rule of [...SHARED, ...rules]) {
    let refused = refusedBy(command, rule)
    while (refused && dropFromFile(command, refused)) refused = refusedBy(command, rule)
    if (!refused) continue
    const { beside, unless = [], problem, cure } = rule
    const [flag, other = ''] = refused
    const said = beside ? `does not go with ${other}` : `needs ${unless.join(' or ')}`
    const advice = beside ? 'leave one out' : `add ${unless.join(' or ')}`
    const what = typeof problem === 'function' ? problem(flag, other) : problem
    const file = sourceOf(command, flag) === 'config' ? { file: command.opts().config as string } : {}
    throw new KairosError('BAD_USAGE', what ?? `${flag} ${said}`, file, cure ?? advice)
  }
}

/** The flag that a rule refuses, and the one beside it. */
function refusedBy(command: Command, { flags, beside, unless = [] }: FlagRule): string[] | undefined {
  const given = (flag: string) => isGiven(command, flag)
  const flag = flags.find(given)
  const other = beside?.find(given)
  if (flag === undefined || (beside && other === undefined) || unless.some(given)) return undefined
  return other === undefined ? [flag] : [flag, other]
}

/** Gives the one of two flags that is from the file its default, if the other was typed. @returns whether it did */
function dropFromFile(command: Command, pair: readonly string[]): boolean {
  const sources = pair.map((flag) => sourceOf(command, flag))
  const dropped = pair[sources.indexOf('config')]
  if (dropped === undefined || !sources.includes('cli')) return false
  const option = optionOf(command, dropped)!
  command.setOptionValueWithSource(option.attributeName(), option.defaultValue, 'default')
  return true
}

function sourceOf(command: Command, flag: string): string | undefined {
  return command.getOptionValueSource(optionOf(command, flag)!.attributeName())
}

function optionOf(command: Command, typed: string): Option | undefined {
  const [long] = typed.split(' ')
  return command.options.find((each) => each.long === long)
}

/** Whether a flag has another value than its default, from the command line or from the file of `--config`. */
function isGiven(command: Command, typed: string): boolean {
  const [, wanted] = typed.split(' ')
  const option = optionOf(command, typed)
  if (option === undefined) return false
  const name = option.attributeName()
  const value: unknown = command.getOptionValue(name)
  const isSwitch = !option.required && !option.optional
  // --batching and --no-batching are one value
  if (value === undefined || (isSwitch && value !== !option.negate)) return false
  if (wanted !== undefined && String(value) !== wanted) return false
  // without a default every value is given, the text "undefined" too
  return option.defaultValue === undefined || String(value) !== String(option.defaultValue)
}
