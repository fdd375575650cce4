import { type CompletedCommand, type CompletedFlag, everyCommand, type Values } from './words.ts'

/** The completion script for fish 3 or newer. */
export function fishScript(name: string, program: CompletedCommand): string {
  const commands = everyCommand(program)
  const lines = commands.flatMap((command) => {
    const at = `complete -c ${name} -n ${quoted(`__kairos_wasm_at ${quoted(command.path)}`)}`
    const inner = command.commands.map(
      (each) => `${at} -a ${quoted(each.name)} -d ${quoted(each.description)}`,
    )
    const rest = valueWords(command.values)
    return [
      ...inner,
      ...(rest === '' ? [] : [`${at} ${rest}`]),
      ...command.flags.map((flag) => at + flagWords(flag)),
    ]
  })
  return `# fish completion of ${name}; ${name} completion fish | source
function __kairos_wasm_at
  set -l at ''
  for word in (commandline -opc)[2..]
    set -l next (string trim -- "$at $word")
    if contains -- $next ${commands
      .slice(1)
      .map(({ path }) => quoted(path))
      .join(' ')}
      set at $next
    end
  end
  test "$at" = "$argv[1]"
end
function __kairos_wasm_list
  set -l given (string match -r '.*,' -- (commandline -ct))
  for word in $argv
    echo "$given$word"
  end
end
complete -c ${name} -f
${lines.join('\n')}
`
}

function flagWords({ names, description, values }: CompletedFlag): string {
  const flags = names.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
  // -x: a value and no file names; -r: a value
  const value = values ? ` ${values.kind === 'file' ? '-r' : '-x'} ${valueWords(values)}`.trimEnd() : ''
  return ` ${flags.join(' ')}${value} -d ${quoted(description)}`
}

function valueWords(values: Values): string {
  if (values.kind === 'words') return `-a ${quoted(values.words.join(' '))}`
  if (values.kind === 'list') return `-a ${quoted(`(__kairos_wasm_list ${values.words.join(' ')})`)}`
  if (values.kind === 'folder') return `-a ${quoted('(__fish_complete_directories)')}`
  return values.kind === 'file' ? '-F' : ''
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
