import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { workFolder } from '../trace-files.ts'

describe('bad input: exit 2, what is wrong and what to do, nothing on stdout and nothing written', () => {
  const rate = ['generate', '--rate', '50']
  const azure = ['convert', 'azure-llm', 'azure.csv']
  const csv = ['convert', 'csv', 'log.csv']
  test.each<[what: string, args: string[], message: RegExp]>([
    ['no subcommand', [], /Usage: kairos-wasm trace/],
    [
      'an unknown subcommand',
      ['descrbe'],
      /^kairos-wasm: unknown command 'descrbe'\s+\(Did you mean describe\?\)/,
    ],
    [
      'an unknown flag',
      ['generate', '--rat', '5'],
      /^kairos-wasm: unknown option '--rat'\s+\(Did you mean --rate\?\)/,
    ],
    ['no rate', ['generate'], /--rate: is missing; give the number of queries per second/],
    [
      'a rate of 0',
      ['generate', '--rate', '0'],
      /^kairos-wasm: .*--rate <qps>.*'0' is invalid.*queries per second > 0/,
    ],
    ['a rate beyond numbers', ['generate', '--rate', '1e-320'], /--rate <qps>.*from 1e-6 to 1e12/],
    ['no queries', [...rate, '--queries', '0'], /--queries <count>.*from 1 to 67108864/],
    ['an unknown process', [...rate, '--arrivals', 'bursty'], /Allowed choices are poisson, gamma, constant/],
    ['a cv of poisson', [...rate, '--cv', '2'], /--cv: is given for poisson arrivals; only gamma arrivals/],
    ['a cv of 0', [...rate, '--cv', '0'], /--cv <number>.*from 0\.01 to 100/],
    ['a negative seed', [...rate, '--seed', '-1'], /--seed <number>.*from 0 to 4294967295/],
    [
      'a mix that sums to 0.9',
      [...rate, '--mix', 'mix.csv'],
      /mix\.csv: probability: .* sum to 0\.9; expected 1/,
    ],
    ['two mixes', [...rate, '--mix', 'mix.csv', '--model', 'rm2'], /--mix and --model name a mix each/],
    [
      'two workloads',
      [...rate, '-w', 'rm2', '--model', 'rm2'],
      /--workload and --model name a workload each/,
    ],
    [
      'a misspelt key',
      [...rate, '-c', 'odd.yaml'],
      /odd\.yaml line 2: sede: is not a flag .*did you mean "seed"/,
    ],
    [
      'two maps',
      [...csv, '--map', 'arrival=when', '--map', 'size=items'],
      /--map: is given twice; give it once/,
    ],
    [
      'an unknown format',
      ['convert', 'azure', 'azure.csv'],
      /Allowed choices are azure-llm, azure-functions/,
    ],
    [
      'several files',
      ['convert', 'azure-llm', 'azure.csv', 'azure.csv', 'azure.csv'],
      /file: 3 files are given; give several through a pipe: zcat -f FILES \| kairos-wasm trace convert azure-llm \/dev\/stdin/,
    ],
    ['a missing file', ['convert', 'azure-llm', 'no.csv'], /no\.csv: there is no such file.*check the path/],
    [
      'another format',
      ['convert', 'burstgpt', 'azure.csv'],
      /azure\.csv line 1: Timestamp: the column is missing/,
    ],
    [
      'an unknown size',
      [...azure, '--size', 'tokens'],
      /--size: is "tokens"; expected context, generated, sum/,
    ],
    [
      'a size beyond the table',
      [...azure, '--model', 'rm2'],
      /azure\.csv line 2: ContextTokens: is a size of 4808;/,
    ],
    [
      'a size of 0',
      ['convert', 'burstgpt', 'burst.csv'],
      /burst\.csv line 4: Request tokens: is a size of 0;/,
    ],
    [
      'a mix beside a size',
      [...azure, '--size', 'sum', '--mix', 'mix.csv'],
      /--mix draws the sizes, and --size is sum/,
    ],
    [
      'a clamp beside a mix',
      [...azure, '--size', 'mix', '--model', 'rm2', '--clamp-to', '100'],
      /--clamp-to: is given beside a mix; the sizes of the file are not read/,
    ],
    [
      'a largest size beside a mix',
      [...azure, '--size', 'mix', '--model', 'rm2', '--max-batch-size', '100'],
      /--max-batch-size: is given beside a mix/,
    ],
    [
      'an unknown drop',
      [...azure, '--drop', 'nil'],
      /--drop <which>.*Expected empty, zero, beyond, separated by commas/,
    ],
    ['beyond nothing', [...azure, '--drop', 'beyond'], /--drop: .*say which batch size is the largest/],
    [
      'a clamp beyond the table',
      [...azure, '--model', 'rm2', '--clamp-to', '2000'],
      /--clamp-to: is 2000; the largest/,
    ],
    ['no map', csv, /--map: is missing; say which columns to read/],
    [
      'a map of nothing',
      [...csv, '--map', 'when'],
      /--map: is "when"; expected arrival=<column>,size=<column>/,
    ],
    ['a map without sizes', [...csv, '--map', 'arrival=when'], /--map: names no column for the size/],
    [
      'a map of others',
      [...azure, '--map', 'arrival=when'],
      /--map: is given for azure-llm; only csv and jsonl take it/,
    ],
    ['an unknown unit', [...csv, '--unit', 'min'], /--unit <unit>.*Allowed choices are ms, s, us, ns, iso/],
    [
      'two delimiters',
      [...csv, '--map', 'arrival=when,size=items', '--delimiter', ';;'],
      /--delimiter: is ";;"/,
    ],
    ['no window', [...azure, '--window', '5'], /--window <from\.\.to>.*Expected <from>\.\.<to>/],
    [
      'a window backwards',
      [...azure, '--window', '5s..1s'],
      /--window <from\.\.to>.*the end after the start/,
    ],
    ['a window of words', [...azure, '--window', 'noon..1h'], /"noon" is no time: expected e\.g\. 1500, 90s/],
    [
      'an empty window',
      [...azure, '--window', '1h..2h'],
      /azure\.csv: none of its 4 queries is left; choose another/,
    ],
    ['two clocks', [...azure, '--speed', '2', '--rate', '5'], /--rate: is given beside speed; .*give one/],
    ['no speed', [...azure, '--speed', '0'], /--speed <factor>.*a factor > 0/],
    ['no file', ['describe'], /missing required argument 'file'/],
    ['a missing trace', ['describe', 'no.csv'], /no\.csv: there is no such file/],
    ['a folder', ['describe', '.'], /\.: is a folder; a file is expected/],
    ['a trace of others', ['describe', 'azure.csv'], /azure\.csv line 1: arrival_ms: the column is missing/],
    [
      'unsorted arrivals',
      ['describe', 'unsorted.csv'],
      /unsorted\.csv line 3: arrival_ms: is 9, after 10 on line 2; sort/,
    ],
    ['a trace cut inside a line', ['describe', 'half.csv'], /half\.csv line 3: batch_size: is empty/],
    [
      'a size of 0 in ours',
      ['describe', 'zero.csv'],
      /zero\.csv line 2: batch_size: is "0"; expected a batch size > 0/,
    ],
    ['an empty file', ['describe', 'empty.csv'], /empty\.csv: is empty; was it written to the end/],
    ['a header alone', ['describe', 'bare.csv'], /bare\.csv line 2: there is no query after the header/],
  ])('%s', async (_what, args, message) => {
    const { folder, run, files } = workFolder()
    const writes = args[0] === 'generate' || args[0] === 'convert'
    const out = writes ? ['--out', 'new/out.csv'] : args[0] === 'describe' ? ['--svg', 'new/out.svg'] : []
    const { status, stdout, stderr } = await run(...args, ...out)
    expect(stderr.replaceAll(/\s*\n\s*/g, ' ')).toMatch(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(readdirSync(folder).sort()).toEqual(files.sort())
  })

  test('a place where nothing can be written', async () => {
    const { run } = workFolder()
    const { status, stderr } = await run('generate', '--rate', '5', '--out', 'mix.csv/trace.csv')
    expect(stderr).toMatch(
      /^kairos-wasm: .*mix\.csv\/trace\.csv: a part of the path is a file; check the path\n$/,
    )
    expect(status).toBe(2)
  })
})
