import { expect, test } from 'vitest'
import { createRowFilter } from '../../../src/files/io/row-filter.ts'

test.each([
  ['status=200', ['200', '200.0'], ['', '2000', 'OK']],
  ['status!=200', ['', '503', 'OK'], ['200', '2e2']],
  ['error=', [''], ['timeout', '0']],
  ['n<5', ['4.9', '-1'], ['5', '', '-', 'four']],
  ['n <= 5', ['5'], ['5.1']],
  ['n>5', ['6'], ['5']],
  ['n>=5', ['5'], ['4']],
  ['at>=2026-11-18T09:30:00Z', ['2026-11-18T10:30:00.5+01:00'], ['2026-11-18T09:29:59.999Z', '1763458200']],
  ['at>2026-11-18T09:30:00.4Z', ['2026-11-18T09:30:00.5Z'], ['2026-11-18T09:30:00.3Z']],
  ['request~/v1/predict', ['POST /v1/predict?id=1 HTTP/1.1'], ['GET /health']],
  ['request!~/health', ['POST /predict'], ['GET /health']],
  ['end-start>0', ['0.000000001 s', '5'], ['0.000000000 s', '-4.000000000 s', '4 h']],
  ['a=b=c', ['b=c'], ['b']],
])('%s', (condition, holding, others) => {
  const { admits } = createRowFilter([condition])
  for (const cell of holding) expect([cell, admits([cell], 0)]).toEqual([cell, true])
  for (const cell of others) expect([cell, admits([cell], 0)]).toEqual([cell, false])
})

test('all conditions hold, each for the cell of its column', () => {
  const { columns, admits } = createRowFilter(['status=200', ' model =rm2', 'status<300'])
  expect(columns).toEqual(['status', 'model', 'status'])
  expect(admits(['skipped', '200', 'rm2', '200'], 1)).toBe(true)
  expect(admits(['skipped', '200', 'ncf', '200'], 1)).toBe(false)
})

test.each<[string, RegExp]>([
  [
    'status',
    /^where: is "status"; expected <column>=<value>, or another of != < <= > >= and ~ \(contains\), !~$/,
  ],
  ...['status==200', 'status!==200', 'n=>5', 'n=<5', 'path=~/v1'].map((text): [string, RegExp] => [
    text,
    /; expected <column>=<value>, or another of != < <= > >=/,
  ]),
  ['=200', /^where: is "=200"; expected <column>=<value>/],
  [
    'status<OK',
    /^where: is "status<OK"; expected a number, or a time like 2026-11-18T09:30:00Z, to compare with$/,
  ],
])('refuses %s', (condition, message) => {
  expect(() => createRowFilter([condition])).toThrow(message)
})
