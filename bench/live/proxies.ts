/** nginx and HAProxy in front of servers of gRPC, as processes of the bench. Both are Debian packages. */
import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../test/free-port.ts'
import { folder, startCommand } from './processes.ts'

export interface Proxy {
  readonly name: string
  readonly address: string
  readonly pid: number
}

/** How a proxy picks a server. */
export type Balancing = 'round robin' | 'least connections' | 'one connection a server'

const INSTALL = 'apt-get install --no-install-recommends nginx haproxy'

/** Which of the two are there; the others are named, with the way to install them. */
export function installedProxies(print: (text: string) => void): Set<string> {
  const there = ['nginx', 'haproxy'].filter((name) => spawnSync(name, ['-v']).error === undefined)
  if (there.length < 2) print(`not all of nginx and HAProxy are installed: ${INSTALL}\n`)
  return new Set(there)
}

export async function startNginx(servers: readonly string[], balancing: Balancing): Promise<Proxy> {
  const port = await freePort()
  const home = join(folder, `nginx-${port}`)
  await mkdir(home)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  )
  const config = `daemon off;
master_process off;
pid ${home}/pid;
error_log ${home}/errors warn;
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary.join('\n  ')}
  upstream servers {
    ${balancing === 'round robin' ? '' : 'least_conn;'}
    ${servers.map((address) => `server ${address};`).join('\n    ')}
    keepalive 64;
    keepalive_requests 10000000;
  }
  server {
    listen 127.0.0.1:${port};
    http2 on;
    keepalive_requests 10000000;
    location / { grpc_pass grpc://servers; }
  }
}
`
  await writeFile(join(home, 'conf'), config)
  const args = ['-p', home, '-c', join(home, 'conf'), '-e', join(home, 'errors')]
  const { pid } = await startCommand('nginx', args, port)
  return { name: `nginx, ${balancing}`, address: `127.0.0.1:${port}`, pid }
}

export async function startHaproxy(servers: readonly string[], balancing: Balancing): Promise<Proxy> {
  const port = await freePort()
  const most = balancing === 'one connection a server' ? ' maxconn 1' : ''
  const config = `global
  maxconn 4096
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout queue 60s
frontend clients
  bind 127.0.0.1:${port} proto h2
  default_backend servers
backend servers
  balance ${balancing === 'round robin' ? 'roundrobin' : 'leastconn'}
  ${servers.map((address, i) => `server s${i} ${address} proto h2${most}`).join('\n  ')}
`
  const path = join(folder, `haproxy-${port}`)
  await writeFile(path, config)
  const { pid } = await startCommand('haproxy', ['-db', '-f', path], port)
  return { name: `HAProxy, ${balancing}`, address: `127.0.0.1:${port}`, pid }
}
