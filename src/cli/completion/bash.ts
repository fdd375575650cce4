import { quotedWord } from '../../report/shell-word.ts'
import { type CompletedCommand, everyCommand, type Values } from './words.ts'

/** The completion script for bash 4.4 or newer. */
export function bashScript(name: string, program: CompletedCommand): string {
  const commands = everyCommand(program)
  const steps = commands.slice(1).map(({ path }) => quotedWord(path))
  const values = commands.flatMap(({ path, flags }) =>
    flags.flatMap(({ names, values: given }) =>
      given
        ? [`${names.map((flag) => quotedWord(`${path} ${flag}`)).join('|')}) ${completion(given)} ;;`]
        : [],
    ),
  )
  const flags = commands.map(
    (command) => `${quotedWord(command.path)}) ${fromWords(command.flags.flatMap(({ names }) => names))} ;;`,
  )
  const rest = commands.map((command) => {
    const words = command.commands.map(({ name }) => name)
    return `${quotedWord(command.path)}) ${words.length > 0 ? fromWords(words) : completion(command.values)} ;;`
  })
  return `# bash completion of ${name}; source <(${name} completion bash)
_kairos_wasm_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_kairos_wasm_list() {
  local given=''
  [[ $cur == *,* ]] && given="\${cur%,*},"
  COMPREPLY=($(compgen -P "$given" -W "$1" -- "\${cur##*,}"))
}
_kairos_wasm_paths() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}
_kairos_wasm() {
  local cur=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} at='' i
  # bash takes --flag=value for three words
  [[ $cur == = ]] && cur=''
  [[ $previous == = ]] && previous=\${COMP_WORDS[COMP_CWORD - 2]}
  [[ \${COMP_WORDS[COMP_CWORD]} == = ]] && previous=\${COMP_WORDS[COMP_CWORD - 1]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${at:+$at }\${COMP_WORDS[i]}" in
      ${steps.join('|')}) at="\${at:+$at }\${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case "$at $previous" in
    ${values.join('\n    ')}
    *)
      if [[ $cur == -* ]]; then
        case "$at" in
          ${flags.join('\n          ')}
        esac
      else
        case "$at" in
          ${rest.join('\n          ')}
        esac
      fi
      ;;
  esac
}
complete -F _kairos_wasm ${name}
`
}

function completion(values: Values): string {
  if (values.kind === 'words') return fromWords(values.words)
  if (values.kind === 'list') return `_kairos_wasm_list ${quotedWord(values.words.join(' '))}`
  if (values.kind === 'any') return ':'
  return `_kairos_wasm_paths ${values.kind === 'folder' ? '-d' : '-f'}`
}

const fromWords = (words: readonly string[]) => `_kairos_wasm_words ${quotedWord(words.join(' '))}`
