import { expect, test } from 'vitest'
import type { Headers } from '../../../../src/serve/grpc/headers.ts'
import { joinable, joinedJob } from '../../../../src/serve/router/backends/join-requests.ts'

const BODY = '{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[0]}]}'

/** A request over HTTP that can be joined with others. */
function jobWith(headers: Headers) {
  const request = Buffer.from(BODY)
  return joinable({
    ...{ protocol: 'rest', request, headers, batch: 1, version: '' },
    ...{ arrivalMs: 0, deadlineMs: Infinity, settle: () => undefined },
  })!
}

test('requests of different clients are joined, and headers that differ are left out', () => {
  const jobs = [
    jobWith({ 'user-agent': 'curl/8', 'x-request-id': '1', 'x-tenant': 'a' }),
    jobWith({ 'user-agent': 'python/3', 'x-request-id': '2', 'x-tenant': 'a' }),
  ]
  expect(jobs[1].key).toBe(jobs[0].key)
  expect(joinedJob(jobs).headers).toEqual({ 'x-tenant': 'a' })
})

test('a header that belongs to the request keeps those of different values apart', () => {
  expect(jobWith({ 'x-tenant': 'a' }).key).not.toBe(jobWith({ 'x-tenant': 'b' }).key)
})
