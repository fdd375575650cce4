/** The commands that serve, with input that they refuse before they reach a server: what is wrong and what to do. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { kairos, kairosHere, temporaryFolder } from '../kairos.ts'

const pem = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url))
const TLS = { server: pem('server.pem'), otherKey: pem('client.key') }

describe('distribute', () => {
  test.each([
    [
      'no servers',
      ['--counts', '1,0,0,0', '--rate', '1'],
      /service_addr.json: there is no such file or folder; start servers .* or name a list of addresses by --service-addr/,
    ],
    [
      'servers of another file',
      ['--counts', '1,0,0,0', '--rate', '1', '--service-addr', 'b.json'],
      /b.json: there is no such file or folder; check the path/,
    ],
    [
      'nothing that arrives',
      ['--counts', '1,0,0,0', '--service-addr', 'a.json'],
      /no trace is given; give --trace FILE/,
    ],
    [
      'other counts',
      ['--counts', '2,0,0,0', '--rate', '1', '--service-addr', 'a.json'],
      /lists 1 server, the configuration has 2 instances;/,
    ],
    ['an unknown policy', ['--policy', 'best'], /there is no policy "best"/],
    [
      'a cv of Poisson arrivals',
      ['--counts', '1,0,0,0', '--rate', '1', '--cv', '2', '--service-addr', 'a.json'],
      /--cv: is given for poisson arrivals/,
    ],
  ])('%s', async (_what, args, message) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.json'), '["127.0.0.1:1"]')
    const { status, stdout, stderr } = await kairosHere(['distribute', ...args], folder)
    expect(stderr).toMatch(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })

  test.each([
    [
      'gaps that are too few',
      ['--policy', 'kairos,fcfs', '--gaps', '10'],
      /--gaps names 1 gaps for 2 policies/,
    ],
    ['a gap and a rate', ['--gaps', '10', '--rate', '5'], /--rate and --gaps set the rate; leave one out/],
    ['gaps that are none', ['--gaps', '0'], /Expected gaps in ms > 0/],
    [
      'a replay of a run that ends early',
      ['--rate', '9', '--end-early', '--compare-replay'],
      /needs whole runs/,
    ],
  ])('%s: refused', async (_what, flags, message) => {
    const { status, stderr } = await kairosHere(
      ['distribute', '--counts', '1,0,0,0', ...flags],
      temporaryFolder(),
    )
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })
})

test('distribute with a default list of addresses that is none says what is wrong with it, not how to get one', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'service_addr.json'), '{}')
  const args = ['distribute', '--counts', '1,0,0,0', '--rate', '1']
  const { status, stderr } = await kairosHere(args, folder)
  expect(status).toBe(2)
  expect(stderr).toMatch(/^kairos-wasm: \S*service_addr\.json/)
  expect(stderr).not.toContain('start servers')
})

describe('emulate', () => {
  test.each([
    [
      'no counts',
      [],
      /--counts: is missing; say how many there are of each type, as g4dn.xlarge=2,.*, or name a config.json/,
    ],
    ['too few counts', ['--counts', '1,2'], /--counts: has 2 numbers; one for each of g4dn.xlarge/],
    ['an empty count', ['--counts', '1,,2,0'], /'1,,2,0' is invalid. Expected a whole number/],
    ['no instance', ['--counts', '0,0,0,0'], /--counts: the configuration has no instance/],
    ['a missing config.json', ['--counts', 'nope.json'], /nope.json: there is no such file/],
    ['a port that is none', ['--counts', '1,0,0,0', '--port', '70000'], /'70000' is invalid/],
    ['half of TLS', ['--counts', '1,0,0,0', '--tls-cert', 'c.pem'], /--tls-key is missing/],
    ['too many', ['--counts', '2000,0,0,0'], /--counts: are 2000 instances; at most 1000/],
  ])('%s', async (_what, args, message) => {
    const folder = temporaryFolder()
    const { status, stdout, stderr } = await kairosHere(['emulate', ...args], folder)
    expect(stderr).toMatch(message)
    expect({ status, stdout, left: readdirSync(folder) }).toEqual({ status: 2, stdout: '', left: [] })
  })

  test('slots at which a table was not taken are those of the flag, whichever type it is', async () => {
    const folder = temporaryFolder()
    writeFileSync(
      join(folder, 'latency.csv'),
      'instance_type,batch_size,mean_ms,p50_ms,p99_ms,concurrency\na,1,1,1,1.5,4\nb,1,2,2,2.5,2\n',
    )
    writeFileSync(join(folder, 'mix.csv'), 'batch_size,probability\n1,1\n')
    const workload = { model: 'm', latency: 'latency.csv', mix: 'mix.csv', qosMs: 30, percentile: 99 }
    writeFileSync(join(folder, 'w.json'), JSON.stringify(workload))
    const { status, stderr } = await kairosHere(
      ['emulate', '-w', 'w.json', '--counts', 'b=1,a=1', '--slots', '4', '--quiet'],
      folder,
    )
    expect(stderr).toMatch(
      /^kairos-wasm: --slots: is 4 for b, whose latency table was taken at concurrency 2/,
    )
    expect(status).toBe(2)
  })

  test('ports beyond the last are refused before anything is started', async () => {
    const folder = temporaryFolder()
    const { status, stdout, stderr } = await kairosHere(
      ['emulate', '--counts', '2,0,9,0', '--port', '65530'],
      folder,
    )
    expect(stderr).toMatch(
      /^kairos-wasm: (--)?port: is 65530 for the first of 11 servers; the last port is 65535/,
    )
    expect({ status, stdout, files: readdirSync(folder) }).toEqual({ status: 2, stdout: '', files: [] })
  })
})

describe('measure', () => {
  const SETTINGS = ['--table', 'mine.csv']

  test.each([
    ['no server', SETTINGS, /missing required argument 'type=address'/, 2],
    ['no table', ['a=127.0.0.1:1'], /required option '--table <file>' not specified/, 2],
    ['an address that is none', ['a=b', ...SETTINGS], /"a=b" is no server; expected type=host:port/, 2],
    [
      'a Unix socket',
      ['a=unix:/run/x.sock', ...SETTINGS],
      /is no server; expected type=host:port; Unix sockets are not supported, so let the server listen on a port\n$/,
      2,
    ],
    [
      'sizes that are none',
      ['a=127.0.0.1:1', ...SETTINGS, '--sizes', 'x'],
      /--sizes.*Expected whole numbers and ranges/,
      2,
    ],
    [
      'an input that is none',
      ['a=127.0.0.1:1', ...SETTINGS, '--input', 'x:FP32'],
      /Expected name:DATATYPE:shape/,
      2,
    ],
    [
      'an input twice',
      [
        'a=127.0.0.1:1',
        ...SETTINGS,
        '--model-name',
        'm',
        '--input',
        'x:FP32:-1,2',
        '--input',
        'x:INT64:-1,3',
      ],
      /--input: names x twice; name it once/,
      2,
    ],
    ['a shape that is none', ['a=127.0.0.1:1', ...SETTINGS, '--shape', 'x=0,1'], /Expected name=shape/, 2],
    [
      'a shape of no model',
      ['a=127.0.0.1:1', ...SETTINGS, '--shape', 'x=-1,2'],
      /--shape: is given without a model; the published protocol has no inputs: name the model/,
      2,
    ],
    [
      'a workload without concurrency',
      ['a=127.0.0.1:1', ...SETTINGS, '--workload', 'w.yaml'],
      /--workload needs several requests at the same time; add --concurrency 4/,
      2,
    ],
    [
      'bins beyond the sizes',
      ['a=127.0.0.1:1', ...SETTINGS, '--sizes', '2-8', '--bins', '1-8'],
      /1 is a bin, and 2 to 8 are measured/,
      2,
    ],
    ['a server that is not there', ['a=127.0.0.1:1', ...SETTINGS], /a batch of \d+: UNAVAILABLE/, 1],
  ])('%s', async (_what, args, message, expected) => {
    const folder = temporaryFolder()
    const { status, stdout, stderr } = await kairosHere(['measure', ...args], folder)
    expect(stderr).toMatch(message)
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
    expect(existsSync(join(folder, 'mine.csv'))).toBe(false)
  })
})

describe('route', () => {
  test.each([
    ['no fleet', [], /no fleet is given; give --fleet FILE, or --service-addr FILE with --counts/],
    [
      'counts of a fleet that is listed',
      ['--fleet', 'f.json', '--counts', '1,0,0,0'],
      /--counts is for the servers of --service-addr; leave it out/,
    ],
    ['two fleets', ['--fleet', 'f.json', '--service-addr', 'a.json'], /name a fleet each/],
    [
      'a fleet of other types',
      ['--fleet', 'other.json', '--port', '0', '--admin-port', '0'],
      /other.json line 2: servers\[0\].type: a:1 is of type "x"/,
    ],
    ['a missing fleet', ['--fleet', 'nope.json'], /nope.json: there is no such file/],
    ['two workloads', ['--fleet', 'f.json', '-w', 'rm2', '--model', 'dien'], /name a workload each/],
    ['an unknown policy', ['--fleet', 'f.json', '--policy', 'best'], /Allowed choices are priced, kairos/],
    ['a shard that is none', ['--fleet', 'f.json', '--shard', '2/2'], /Expected i\/N with i from 0 to N - 1/],
    [
      'a method without the field of its batch',
      ['--fleet', 'f.json', '--method', '/a.B/C'],
      /--batch-field is missing/,
    ],
    [
      'joined requests of a method',
      [
        ...['--fleet', 'f.json', '--batching', '--send-batches', 'merge', '--port', '0', '--admin-port', '0'],
        ...['--method', '/a.B/C', '--batch-field', '1'],
      ],
      /--send-batches: is merge for servers, and requests of \/a.B\/C cannot be joined/,
    ],
    [
      'a certificate that is none',
      ['--fleet', 'f.json', '--tls-cert', 'f.json', '--tls-key', 'f.json'],
      /is not PEM/,
    ],
    [
      'a certificate and a key that do not fit',
      ['--fleet', 'f.json', '--tls-cert', TLS.server, '--tls-key', TLS.otherKey],
      /server.pem, \S+client.key: --tls-cert, --tls-key: the certificate cannot be used: key values mismatch;/,
    ],
    [
      'a certificate for servers and a key that do not fit',
      ['--fleet', 'f.json', '--client-cert', TLS.server, '--client-key', TLS.otherKey],
      /server.pem, \S+client.key: --client-cert, --client-key: the certificate for servers cannot be used:/,
    ],
  ])('%s', async (_what, args, message) => {
    const folder = temporaryFolder()
    for (const [file, type] of [
      ['f.json', 'g4dn.xlarge'],
      ['other.json', 'x'],
    ]) {
      writeFileSync(join(folder, file), `{ "servers":\n[{ "address": "a:1", "type": "${type}" }] }`)
    }
    const { status: code, stdout, stderr } = await kairos(['route', ...args], folder)
    expect(stderr).toMatch(message)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

describe('request', () => {
  test.each([
    ['--shape', 'x=-1,2'],
    ['--input', 'x:FP32:-1,2'],
  ])('%s without a model', async (...args) => {
    const { status, stdout, stderr } = await kairosHere(
      ['request', '127.0.0.1:1', ...args],
      temporaryFolder(),
    )
    expect(stderr).toMatch(
      `kairos-wasm: ${args[0]}: is given without a model; the published protocol has no inputs: name the model`,
    )
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})

test('request says that Unix sockets are not supported', async () => {
  const { stderr } = await kairosHere(['request', 'unix:/run/x.sock'], temporaryFolder())
  expect(stderr).toMatch(
    /is no address; expected host:port; Unix sockets are not supported, so let the server/,
  )
})

test.each([
  ['127.0.0.1', 'host:port'],
  ['http://127.0.0.1:1', 'host:port without http://'],
  ['https://a:1/path', 'host:port without https://'],
  ['127.0.0.1:1/path', 'host:port'],
  ['a b:1', 'host:port'],
])('request refuses the address %s', async (address, expected) => {
  const { status, stderr } = await kairosHere(['request', address], temporaryFolder())
  expect(stderr).toBe(`kairos-wasm: "${address}" is no address; expected ${expected}\n`)
  expect(status).toBe(2)
})

describe('a plan', () => {
  test.each([
    ['emulate', ['--counts', '1,0,0,0'], /--counts is for one configuration, --plan has many/],
    ['emulate', ['--space', 'hpdc23'], /--space is for one configuration, --plan has many/],
    ['emulate', ['--port', '4000'], /--port is for one configuration, --plan has many/],
    ['emulate', ['--plan-speed', '0'], /Expected a number > 0/],
    ['route', ['--fleet', 'none.json', '--plan-from', 'noon'], /Allowed choices are begin, clock/],
  ])('%s rejects %j', async (command, args, message) => {
    const { status, stderr } = await kairosHere([command, '--plan', 'plan.json', ...args], temporaryFolder())
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })
})
