// Takes turns with Cursor's own client, one after the other, in one
// conversation each, with the settings of the source that is named. Prints a line of
// JSON a turn.
import { Agent, Cursor, JsonlLocalAgentStore } from '@cursor/sdk'

const [turns, http1, source] = process.argv.slice(2)
Cursor.configure({ local: { store: new JsonlLocalAgentStore(process.env.HOME), useHttp1ForAgent: http1 === 'h1' } })

const agent = await Agent.create({ apiKey: 'crsr_dummy', model: { id: 'scripted-1' }, local: { cwd: process.cwd(), settingSources: source ? [source] : [] } })
for (let i = 0; i < turns; i++) {
  const started = performance.now()
  const run = await agent.send(`say hi ${i}`)
  let seen = 0
  for await (const message of run.stream()) if (message.type === 'assistant') seen = performance.now()
  const result = await run.wait()
  console.log(JSON.stringify({ status: result.status, ms: performance.now() - started, tail: performance.now() - seen, usage: result.usage, text: result.result }))
}
process.exit(0)
