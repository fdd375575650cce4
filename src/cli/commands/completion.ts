import { Argument, type Command } from 'commander'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { type CompletedCommand, completedCommand } from '../completion/words.ts'
import { zshScript } from '../completion/zsh.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm completion bash    for this session: source <(kairos-wasm completion bash)
  kairos-wasm completion zsh     for this session: source <(kairos-wasm completion zsh)
  kairos-wasm completion fish    for this session: kairos-wasm completion fish | source

For every session put the same line into ~/.bashrc, into ~/.zshrc after compinit, or into ~/.config/fish/config.fish.`

const SCRIPTS: Readonly<Record<string, (name: string, program: CompletedCommand) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** @param everything builds the program with every command, which this one describes */
export function defineCompletion(command: Command, everything: () => Promise<Command>): void {
  command
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .action(async (shell: string) => {
      const program = await everything()
      process.stdout.write(SCRIPTS[shell](program.name(), completedCommand(program)))
    })
}
