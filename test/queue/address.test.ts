import { describe, expect, test } from 'vitest'
import { parseQueueUrl } from '../../src/queue/address.ts'

const SECRET = 'p@ss/word'

describe('the URL of a queue', () => {
  test.each([
    ['redis://host', { name: 'redis://host:6379', host: 'host', port: 6379, db: 0, tls: false }],
    [
      'rediss://me:p%40ss%2Fword@host:7000/3',
      {
        name: 'rediss://host:7000',
        host: 'host',
        port: 7000,
        db: 3,
        tls: true,
        username: 'me',
        password: SECRET,
      },
    ],
    [
      'redis://:x@[::1]',
      { name: 'redis://[::1]:6379', host: '::1', port: 6379, db: 0, tls: false, password: 'x' },
    ],
  ])('%s', (url, address) => {
    expect(parseQueueUrl(url, {})).toEqual(address)
  })

  test('leaves the password to the environment', () => {
    expect(parseQueueUrl('redis://host', { KAIROS_QUEUE_PASSWORD: 'x' }).password).toBe('x')
    expect(parseQueueUrl('redis://:y@host', { KAIROS_QUEUE_PASSWORD: 'x' }).password).toBe('y')
  })

  test.each([
    '',
    'host:6379',
    'http://host',
    `redis://:${SECRET}@`,
    'redis://host/x',
    `redis://:${SECRET}@host?a=1`,
  ])('%s is refused, and not repeated', (url) => {
    expect(() => parseQueueUrl(url, {})).toThrow(
      /^queue: is not the URL of a queue; write redis:\/\/host:6379/,
    )
  })
})
