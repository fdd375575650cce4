/** The statistics of Locust, on a small file with its columns; figures are made up. */
import { expect, test } from 'vitest'
import { readBroken } from '../../broken.ts'
import { imported, refusal } from './imported.ts'

// locustio/locust, locust/stats.py
const LOCUST = [
  '"Type","Name","Request Count","Failure Count","Median Response Time","Average Response Time","Min Response Time",' +
    '"Max Response Time","Average Content Size","Requests/s","Failures/s","50%","66%","75%","80%","90%","95%","98%",' +
    '"99%","99.9%","99.99%","100%"',
  '"POST","/v2/models/m/infer",240,0,72,75.5,66,89,2175,0.26,0,73,75,86,87,89,89,89,89,89,89,89',
  '"None","Aggregated",240,0,72,75.5,66,89,2175,0.26,0,73,75,86,87,89,89,89,89,89,89,89',
].join('\n')

test('takes the only request', async () => {
  const { lines, notes } = await imported('locust', LOCUST, { batchSize: 4 })
  expect(lines[0]).toMatch(/samples,mean_ms,p0_ms,p50_ms,p66_ms,.*,p99.99_ms,p100_ms$/)
  expect(lines[1]).toBe('gpu,4,240,75.5,66,73,75,86,87,89,89,89,89,89,89,89')
  expect(notes).toEqual([expect.stringMatching(/does not say its concurrency/)])
})

test('asks which of several requests', async () => {
  const two = LOCUST.replace(
    '\n"None"',
    `\n${LOCUST.split('\n')[1].replace('/v2/models/m/infer', '/health')}\n"None"`,
  )
  expect(await refusal('locust', two, { batchSize: 4 })).toMatch(/choose one by --name: .*infer, \/health/)
  const { lines } = await imported('locust', two, { batchSize: 4, name: '/health' })
  expect(lines).toHaveLength(2)
})

test('tells rows of one name by their methods', async () => {
  const row = LOCUST.split('\n')[1]
  const two = LOCUST.replace(
    '\n"None"',
    `\n${row.replace('"POST"', '"GET"').replace(',75.5,', ',76.5,')}\n"None"`,
  )
  expect(await refusal('locust', two, { batchSize: 4 })).toMatch(
    /choose one by --name: POST \/v2\/models\/m\/infer, GET \/v2\/models\/m\/infer/,
  )
  const { lines } = await imported('locust', two, { batchSize: 4, name: 'GET /v2/models/m/infer' })
  expect(lines[1]).toMatch(/^gpu,4,240,76.5,/)
})

test('takes times that are rounded to whole milliseconds', async () => {
  const fast = LOCUST.replaceAll(
    '72,75.5,66,89,2175,0.26,0,73,75,86,87,89,89,89,89,89,89,89',
    '1,1.44,1.4,1.48,2175,0.26,0,1,1,1,1,1,1,1,1,1,1,1',
  )
  const { lines } = await imported('locust', fast, { batchSize: 4 })
  expect(lines[1]).toMatch(/^gpu,4,240,1.44,1.4,1.4,.*,1.4,1.48$/)
  const wrong = fast.replaceAll(',0.26,0,1,', ',0.26,0,0,')
  expect(await refusal('locust', wrong, { batchSize: 4 })).toMatch(
    /percentile 50 the latency 0 ms, and 1.4 ms/,
  )
})

test('refuses a history, and statistics without a request', async () => {
  const history = `Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,99%,100%\n1,1,,Aggregated,0,0,N/A,N/A,N/A\n`
  expect(await refusal('locust', history, { batchSize: 4 })).toBe(
    'in line 1: is a history of the run: each row has the percentiles of a few seconds; import NAME_stats.csv of the same run',
  )
  const none = LOCUST.split('\n').toSpliced(1, 1).join('\n')
  expect(await refusal('locust', none, { batchSize: 4 })).toBe(
    'in: has no request; is this the right file, and was it written to the end?',
  )
})

test('refuses joined files, with or without a second header', async () => {
  const [header, row, ...rest] = LOCUST.split('\n')
  expect(
    await refusal('locust', [header, row, ...rest.filter(Boolean), LOCUST].join('\n'), { batchSize: 1 }),
  ).toBe(
    'in line 4: the header is there again, as in joined files; import each file on its own, as 1=a_stats.csv 8=b_stats.csv',
  )
  expect(await refusal('locust', [header, row, row].join('\n'), { batchSize: 1 })).toMatch(
    /^in: has POST \/v2\/models\/m\/infer twice, as in joined files; import each file on its own/,
  )
})

test('refuses failures', async () => {
  const failed = LOCUST.replaceAll('240,0,', '240,3,')
  expect(await refusal('locust', failed, { batchSize: 4 })).toMatch(
    /Failure Count: is 3: .*measure without failures/,
  )
})

test('a file is taken or refused, however it is broken', async () => {
  await readBroken(LOCUST, 'in', (text) => imported('locust', text, { batchSize: 4 }))
})
