import { type Command, Option } from 'commander'
import { deriveProfile } from '../../bound/closed-form.ts'
import { writeProfile } from '../../files/documents/profile.ts'
import { profileText } from '../../report/allocation/profile.ts'
import { runWith } from '../input/config.ts'
import type { FlagRule } from '../input/flag-rules.ts'
import * as flags from '../input/flags.ts'
import { differentNames } from '../input/parse.ts'
import { type QuestionFlags, readQuestion } from '../input/question.ts'
import type { OutputFlags } from '../output/save.ts'
import { show, tell, wantsColor } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm profile                                   cutoffs, shares and rates of rm2 on the published types
  kairos-wasm profile --model dien --qos-ms 50          what a looser target changes
  kairos-wasm profile --models rm2,dien --write allocator_profile.json
                                                        a file that the published allocator reads`

const RULES: readonly FlagRule[] = [
  {
    flags: ['--models'],
    beside: ['--workload', '--model'],
    problem: (flag, other) => `${flag} and ${other} name workloads each`,
  },
]

interface ProfileFlags
  extends OutputFlags,
    Pick<QuestionFlags, 'workload' | 'model' | 'space' | 'qosMs' | 'percentile'> {
  models?: string[]
  write?: string
}

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.workload(),
    flags.model(),
    new Option('--models <names>', 'several shipped workloads, separated by commas').argParser(
      differentNames,
    ),
    flags.space(),
    flags.qosMs(),
    flags.percentile(),
    flags.format('table', 'json', 'csv'),
    new Option('--write <file>', 'write an allocator_profile.json'),
    flags.common(),
  )
  runWith(command, profile, { rules: RULES })
}

async function profile({ models, ...given }: ProfileFlags): Promise<void> {
  const questions = models
    ? await Promise.all(models.map((model) => readQuestion({ ...given, model })))
    : [await readQuestion(given)]
  const profiles = new Map(
    questions.map(({ workload, space }) => [workload.model, deriveProfile(workload, space)]),
  )
  // the models have one space
  const [{ space }] = questions
  await show([profileText(profiles, space, given.format, wantsColor(given.color))])
  for (const { name, slots = 1 } of space.types) {
    if (slots > 1) tell(given.quiet, `the rates of ${name} are those of one of its ${slots} slots`)
  }
  if (given.write === undefined) return
  await writeProfile(given.write, profiles)
  tell(given.quiet, `wrote ${given.write}`)
}
