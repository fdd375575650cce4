import { expect, test } from 'vitest'
import { byType } from '../../../src/cli/input/by-type.ts'
import { countsByType, parseCounts } from '../../../src/cli/input/counts-flag.ts'
import {
  between,
  percent,
  positive,
  share,
  wholeNumber,
  wholeNumberOr,
  wholeNumbers,
} from '../../../src/cli/input/parse.ts'
import { eachCounts, isForEach, parseEachCounts } from '../../../src/cli/input/several.ts'
import { shardOfAtMost } from '../../../src/cli/input/shard-flags.ts'
import { duration, parseSeconds } from '../../../src/cli/input/times.ts'
import { parseWindow } from '../../../src/cli/input/window.ts'

const types = (text: string) => byType('--warmup <list>', 'seconds by type').parseArg!(text, undefined)

test('numbers of flags are decimal numbers', () => {
  expect(wholeNumber(1, 100)(' 1e1 ')).toBe(10)
  expect(wholeNumbers(0, 100)('5, 10')).toEqual([5, 10])
  expect(positive('dollars > 0')('.5')).toBe(0.5)
  expect(between(-1, 1)('-0.25')).toBe(-0.25)
  expect(percent(1)('99.9')).toBe(99.9)
  expect(share('1.')).toBe(1)
  expect(types('gpu=1.5,cpu= 0')).toEqual({ gpu: 1.5, cpu: 0 })
})

test.each(['0x10', '0b1', '0o7', '', ' ', 'Infinity', '1e999', 'NaN', '1_000', '1,5e', '٣'])(
  '%j is no number of a flag',
  (text) => {
    expect(() => wholeNumber(0, 100)(text)).toThrow(/Expected a whole number from 0 to 100/)
    expect(() => wholeNumbers(0, 100)(text)).toThrow(/Expected a whole number from 0 to 100/)
    expect(() => positive('dollars > 0')(text)).toThrow('Expected dollars > 0.')
    expect(() => between(0, 100)(text)).toThrow('Expected a number from 0 to 100.')
    expect(() => percent(1)(text)).toThrow('Expected a number from 1 to 100.')
    expect(() => share(text)).toThrow('Expected a share above 0')
    expect(() => types(`gpu=${text}`)).toThrow('Expected type=number')
  },
)

test('numbers and times outside 1e-6 to 1e12 are refused, with the range', () => {
  const range = ', from 1e-6 to 1e12.'
  const parse = positive('queries per second > 0')
  expect(['1e-6', '1e12'].map(parse)).toEqual([1e-6, 1e12])
  for (const text of ['1e30', '9e-7']) {
    expect(() => parse(text)).toThrow(`Expected queries per second > 0${range}`)
    expect(() => parseSeconds(text)).toThrow(range)
  }
  for (const text of ['0', '-1e30']) expect(() => parse(text)).toThrow('Expected queries per second > 0.')
})

test('a word may stand for a whole number, which may have no largest value', () => {
  const parse = wholeNumberOr('auto', 1, Number.MAX_SAFE_INTEGER)
  expect([parse('auto'), parse('5')]).toEqual(['auto', 5])
  for (const text of ['0', 'Auto', '10x'])
    expect(() => parse(text)).toThrow('Expected a whole number >= 1, or auto.')
  expect(() => wholeNumberOr('auto', 1, 9)('10')).toThrow('Expected a whole number from 1 to 9, or auto.')
})

test('lengths of time are numbers, or numbers with a unit', () => {
  expect(parseSeconds('60')).toBe(60)
  const times = ['60s', '1m', '1 min', '.5h', '1d', '1500ms', '1e1', '+5']
  expect(times.map(parseSeconds)).toEqual([60, 60, 60, 1800, 86_400, 1.5, 10, 5])
  expect(duration(60_000)('500')).toBe(500)
  expect(['5s', '1min', '0'].map(duration(60_000))).toEqual([5_000, 60_000, 0])
  for (const text of ['0', '-1', '', 's', '5 weeks', '0x10', '1:00', '1\n2'])
    expect(() => parseSeconds(text)).toThrow(
      'Expected a number of seconds > 0, or a time such as 10min or 1h.',
    )
  for (const text of ['61s', '-1', '', '1e6'])
    expect(() => duration(60_000)(text)).toThrow('Expected a time up to 60s, such as 5s or 500ms.')
})

test('a part is written as i/N with i from 0', () => {
  const parse = shardOfAtMost(16)
  expect(parse('0/1')).toEqual({ index: 0, count: 1 })
  expect(parse('15/16')).toEqual({ index: 15, count: 16 })
  for (const text of ['1/1', '16/16', '1', '1/0', 'a/b', '-1/2', ' 0/2', '0/2/4', '0.5/2']) {
    expect(() => parse(text), text).toThrow(/^Expected i\/N with i from 0 to N - 1, such as 3\/16\.$/)
  }
  expect(() => parse('0/17')).toThrow(/N of at most 16/)
})

test('a window has times with units, or instants of any zone, and an end may be left out', () => {
  expect(parseWindow('90s..2min')).toEqual({ from: 90_000, to: 120_000 })
  expect([parseWindow('..1500'), parseWindow('1d..')]).toEqual([{ to: 1500 }, { from: 86_400_000 }])
  expect(parseWindow('2026-11-18..2026-11-18T09:30+01:00')).toEqual({
    from: '2026-11-18T00:00:00Z',
    to: '2026-11-18T08:30:00Z',
  })
  expect(parseWindow('2026-11-18T09:30:00Z..2026-11-18T09:30:00.5Z').to).toBe('2026-11-18T09:30:00.500Z')
  for (const text of ['5..5', '2s..1s', '2026-11-18T10:00+02:00..2026-11-18T08:00Z', '5', '1..2..3'])
    expect(() => parseWindow(text), text).toThrow('Expected <from>..<to>, the end after the start.')
})

test('counts that are given several times are several configurations, by type or by position', () => {
  const several = ['gpu=1,cpu=2', '3,0'].reduce(
    (previous, text) => parseEachCounts(text, previous),
    parseEachCounts('2,9', undefined),
  )
  expect(eachCounts(several)).toEqual([[2, 9], 'gpu=1,cpu=2', [3, 0]])
  expect(eachCounts(parseEachCounts('2,9', undefined))).toEqual([[2, 9]])
  expect(eachCounts(undefined)).toEqual([undefined])
  const each = [
    { counts: several },
    { trace: 'a.csv\nb.csv' },
    { seeds: [1] },
    { counts: [2, 9], trace: 'a.csv' },
  ]
  expect(each.map(isForEach)).toEqual([true, true, true, false])
})

test('a type is named once, without the spaces around it', () => {
  expect(types(' gpu =1.5')).toEqual({ gpu: 1.5 })
  for (const text of ['=1', ' =1', 'gpu=1=2', 'gpu']) {
    expect(() => types(text)).toThrow(`Expected type=number, separated by commas; "${text}" is not.`)
    expect(() => countsByType(text)).toThrow(`"${text}" is not TYPE=COUNT`)
  }
  expect(() => types('gpu=1, gpu=2')).toThrow('"gpu" is named twice.')
  expect(() => parseCounts('gpu=1,gpu=2')).toThrow('gpu is counted twice.')
})

test('a share in the place of a percentage is a slip, where its percentage could be meant', () => {
  expect(() => percent(50)('0.99')).toThrow('It is in percent: did you mean 99?')
  expect(() => percent(50)('0.5')).toThrow('It is in percent: did you mean 50?')
  expect(() => percent(50)('1')).toThrow('Expected a number from 50 to 100.')
  expect(() => percent(50)('0.49')).toThrow('Expected a number from 50 to 100.')
  expect(share('1')).toBe(1)
  expect(() => share('1.01')).toThrow('Expected a share above 0')
})
