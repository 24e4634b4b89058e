// Takes turns as Cursor's client does: one HTTP/2 stream each, whose half stays
// open until the answer has ended, and an answer that is read at leisure.
// Prints how many bytes each turn gave, or what went wrong.
import http from 'node:http'
import http2 from 'node:http2'
import tls from 'node:tls'

const [proxy, host, ca, turns] = process.argv.slice(2)

const socket = await new Promise((done, fail) => {
  const r = http.request({ host: proxy.split(':')[0], port: proxy.split(':')[1], method: 'CONNECT', path: `${host}:443`, agent: false })
  r.on('connect', (resp, socket) => done(socket)).on('error', fail).end()
})
const session = http2.connect(`https://${host}`, { createConnection: () => tls.connect({ socket, servername: host, ca, ALPNProtocols: ['h2'] }) })

async function turn() {
  const stream = session.request({ ':method': 'POST', ':path': '/agent.v1.AgentService/Run', 'content-type': 'application/connect+proto' }, { endStream: false })
  stream.on('end', () => stream.end())
  stream.write('turn')
  let bytes = 0
  for await (const piece of stream) {
    bytes += piece.length
    await new Promise(setImmediate)
  }
  return bytes
}

for (let i = 0; i < turns; i++) {
  console.log(await turn().catch(e => e.code ?? e.message))
}
session.close()
