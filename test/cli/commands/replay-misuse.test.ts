import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../kairos.ts'
import { withCounts } from './replay-counts.ts'

describe('bad input: exit 2, what is wrong and what to do, and nothing on stdout', () => {
  const FILES = {
    'fine.csv': 'arrival_ms,batch_size\n10,5\n20,6\n',
    'unsorted.csv': 'arrival_ms,batch_size\n10,5\n9,6\n',
    'negative.csv': 'arrival_ms,batch_size\n-10,5\n',
    'zero.csv': 'arrival_ms,batch_size\n10,0\n',
    'beyond.csv': 'arrival_ms,batch_size\n10,5\n11,1001\n',
    'columns.csv': 'arrival_ms,size\n10,5\n',
    'cut.csv': 'arrival_ms,batch_size\n10,5\n20,',
    'bare.csv': 'arrival_ms,batch_size\n',
    'empty.csv': '',
    'one.csv': 'arrival_ms,batch_size\n10,5\n',
    'config.json': '{ "g4dn.xlarge": 2,\n"r5n.lagre": 9 }',
    'none.json': '{ "g4dn.xlarge": 0 }',
  }
  test.each([
    ['unsorted arrivals', ['--trace', 'unsorted.csv'], /unsorted.csv line 3: arrival_ms: .*sort the trace/],
    ['negative arrivals', ['--trace', 'negative.csv'], /negative.csv line 2: arrival_ms: is "-10".*>= 0/],
    ['a size of 0', ['--trace', 'zero.csv'], /zero.csv line 2: batch_size: is "0".*size > 0/],
    [
      'a size beyond the table',
      ['--trace', 'beyond.csv'],
      /beyond.csv line 3: batch_size: is "1001".*<= 1000, the largest of the latency table/,
    ],
    ['a missing column', ['--trace', 'columns.csv'], /columns.csv line 1: .*batch_size/],
    ['a line cut in its middle', ['--trace', 'cut.csv'], /cut.csv line 3: batch_size/],
    ['a trace without queries', ['--trace', 'bare.csv'], /bare.csv line 2: there is no query.*add lines/],
    ['an empty file', ['--trace', 'empty.csv'], /empty.csv.*empty|arrival_ms,batch_size/],
    ['no such trace', ['--trace', 'nope.csv'], /nope.csv: there is no such file/],
    ['one query and a rate', ['--trace', 'one.csv', '--rate', '9'], /--rate: the trace has no rate to scale/],
    ['no arrivals', [], /no trace is given; give --trace FILE, or --rate/],
    [
      'a trace and a draw',
      ['--trace', 'fine.csv', '--queries', '9'],
      /--queries generates one; leave one out/,
    ],
    ['a rate of 0', ['--trace', 'fine.csv', '--rate', '0'], /--rate <qps>.*'0' is invalid.*second > 0/],
    ['cv without gamma', ['--rate', '9', '--cv', '2'], /--cv: is given for poisson arrivals/],
    [
      'counts that do not fit the types',
      ['--trace', 'fine.csv', '--counts', '2,0,9'],
      /--counts: has 3 numbers; one for each of g4dn.xlarge, c5n.2xlarge, r5n.large, t3.xlarge/,
    ],
    ['a negative count', ['--rate', '9', '--counts', '2,-1,0,0'], /--counts <counts>.*whole number from 0/],
    ['half an instance', ['--rate', '9', '--counts', '2,0.5,0,0'], /--counts <counts>.*whole number from 0/],
    ['no instance', ['--rate', '9', '--counts', '0,0,0,0'], /--counts: the configuration has no instance/],
    ['no instance in a file', ['--rate', '9', '--counts', 'none.json'], /configuration has no instance/],
    [
      'counts of an unknown type',
      ['--rate', '9', '--counts', 'config.json'],
      /config.json line 2: .*r5n.lagre.*did you mean "r5n.large"/,
    ],
    [
      'more instances than fit',
      ['--rate', '9', '--counts', '99999,0,0,0'],
      /--counts: are 99999 instances; at most/,
    ],
    ['no such policy', ['--rate', '9', '--policy', 'kiaros'], /--policy: .*"kiaros"; did you mean "kairos"/],
    ['a policy twice', ['--rate', '9', '--policy', 'fcfs,fcfs'], /--policy: names fcfs twice/],
    ['no such service', ['--rate', '9', '--service', 'fast'], /--service <name>.*choices are mean, sampled/],
    ['no such model', ['--rate', '9', '--model', 'rm3'], /no shipped workload "rm3"; did you mean "rm2"/],
  ])('%s', async (_what, args, message) => {
    const folder = temporaryFolder()
    for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content)
    const all = ['replay', ...withCounts(args), '--out', 'out', '--schedule', 'schedule.csv']
    const { status, stdout, stderr } = await kairosHere(all, folder)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(existsSync(join(folder, 'out'))).toBe(false)
    expect(existsSync(join(folder, 'schedule.csv'))).toBe(false)
  })

  test('counts that are missing', async () => {
    const { status, stderr } = await kairosHere(['replay', '--rate', '9'])
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        'kairos-wasm: --counts: is missing; say how many there are of each type, as ' +
        'g4dn.xlarge=2,c5n.2xlarge=0,r5n.large=0,t3.xlarge=0, or name a config.json that does\n',
    })
  })
})
