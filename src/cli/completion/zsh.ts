import { quotedWord } from '../../report/shell-word.ts'
import { type CompletedCommand, type CompletedFlag, everyCommand, type Values } from './words.ts'

/** The completion script for zsh, as a file `_NAME` on the fpath or to be sourced. */
export function zshScript(name: string, program: CompletedCommand): string {
  return `#compdef ${name}
# zsh completion of ${name}; source <(${name} completion zsh)
${everyCommand(program).map(functionOf).join('\n')}
if [[ $funcstack[1] == _${name} ]]; then
  ${functionName('')} "$@"
else
  compdef ${functionName('')} ${name}
fi
`
}

function functionOf({ path, commands, flags, values }: CompletedCommand): string {
  const specs = flags.map(flagSpec)
  if (commands.length === 0) {
    return `${functionName(path)}() {
  _arguments -s -S ${[...specs, quotedWord(`*:value:${action(values)}`)].join(' \\\n    ')}
}`
  }
  return `${functionName(path)}() {
  local curcontext=$curcontext state line
  local -A opt_args
  local -a commands
  _arguments -C -s -S ${[...specs, quotedWord('1: :->command'), quotedWord('*:: :->rest')].join(' \\\n    ')}
  case $state in
    command)
      commands=(
        ${commands.map((each) => quotedWord(`${each.name}:${each.description.replaceAll(':', '\\:')}`)).join('\n        ')}
      )
      _describe command commands
      ;;
    rest)
      case $words[1] in
        ${commands.map((each) => `${each.name}) ${functionName(each.path)} ;;`).join('\n        ')}
      esac
      ;;
  esac
}`
}

/** A flag of `_arguments`: its names, which exclude each other, its description and its value. */
function flagSpec({ names, description, values }: CompletedFlag): string {
  const text = `[${description.replaceAll(/[[\]:\\]/g, '\\$&')}]${values ? `:value:${action(values)}` : ''}`
  // a value follows a long flag after a space or after =
  const written = names.map((flag) => (values && flag.startsWith('--') ? `${flag}=` : flag))
  if (names.length === 1) return quotedWord(written[0] + text)
  return `${quotedWord(`(${names.join(' ')})`)}{${written.join(',')}}${quotedWord(text)}`
}

function action(values: Values): string {
  if (values.kind === 'words') return `(${values.words.join(' ')})`
  if (values.kind === 'list') return `_sequence compadd - ${values.words.join(' ')}`
  if (values.kind === 'any') return ' '
  return values.kind === 'folder' ? '_files -/' : '_files'
}

const functionName = (path: string) => `_kairos_wasm_${path.replaceAll(/\W/g, '_')}`
