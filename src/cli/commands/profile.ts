import { Command, Option } from 'commander'
import { applyConfig } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { readQuestion } from '../input/question.ts'
import { show, tell, wantsColor } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos profile                                   cutoffs, shares and rates of rm2 on the published types
  kairos profile --model dien --qos-ms 50          what a looser target changes
  kairos profile --models rm2,dien --write allocator_profile.json
                                                   a file that the published allocator reads`

interface ProfileFlags {
  workload?: string
  model?: string
  models?: string[]
  space?: string
  qosMs?: number
  percentile?: number
  format: string
  write?: string
  quiet?: boolean
  color: boolean
}

export function profileCommand(): Command {
  return new Command('profile')
    .description("derive the published allocator's inputs from a workload")
    .addOption(flags.workload())
    .addOption(flags.model())
    .addOption(
      new Option('--models <names>', 'several shipped workloads, separated by commas').argParser((text) =>
        text.split(','),
      ),
    )
    .addOption(flags.space())
    .addOption(flags.qosMs())
    .addOption(flags.percentile())
    .addOption(flags.format('table', 'json', 'csv'))
    .addOption(new Option('--write <file>', 'write an allocator_profile.json'))
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addOption(flags.noColor())
    .addHelpText('after', EXAMPLES)
    .action(async (_flags, command: Command) => {
      await applyConfig(command)
      await profile(command.opts())
    })
}

async function profile({ models, ...given }: ProfileFlags): Promise<void> {
  const { deriveProfile } = await import('../../bound/closed-form.ts')
  const { profileText } = await import('../../report/profile.ts')
  const questions = models
    ? await Promise.all(models.map((model) => readQuestion({ ...given, model })))
    : [await readQuestion(given)]
  const profiles = new Map(
    questions.map(({ workload, space }) => [workload.model, deriveProfile(workload, space)]),
  )
  await show(profileText(profiles, given.format, wantsColor(given.color)))
  if (given.write === undefined) return
  const { writeProfile } = await import('../../files/documents/profile.ts')
  await writeProfile(given.write, profiles)
  tell(given.quiet, `wrote ${given.write}`)
}
