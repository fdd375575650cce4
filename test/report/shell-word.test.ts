import { expect, test } from 'vitest'
import { shellWord } from '../../src/report/shell-word.ts'

test('a word is in quotes where a shell reads more in it than its characters', () => {
  const plain = ['a', '-a/b.yaml', '+a', '--model=a', 'host:1', 'a@b,c%d', './a']
  expect(plain.map(shellWord)).toEqual(plain)
  // zsh looks for a command ls in the place of =ls
  expect(['=ls', '=', '~a', 'a b', '', "it's"].map(shellWord)).toEqual([
    ...["'=ls'", "'='", "'~a'", "'a b'", "''", "'it'\\''s'"],
  ])
})
