// Lets an agent in Cursor's cloud take turns, one after the other. Prints a line of
// JSON a turn.
import { Agent } from '@cursor/sdk'

const [turns] = process.argv.slice(2)
const agent = await Agent.create({ apiKey: 'crsr_dummy', model: { id: 'scripted-1' }, cloud: { repos: [{ url: 'https://git.example/ada/engine' }] } })
for (let i = 0; i < turns; i++) {
  const run = await agent.send(`say hi ${i}`)
  for await (const message of run.stream()) if (message.type === 'error') console.error(JSON.stringify(message))
  const result = await run.wait()
  console.log(JSON.stringify({ status: result.status, usage: result.usage, text: result.result }))
}
process.exit(0)
