// Mirror's plugin for OpenCode: every event of a session goes to Mirror's hook client, which asks the daemon.
// A tool runs only when the hook client ended with success and said nothing against it; whatever else happens throws, and that blocks.
// Written by 'mirror connect opencode'; do not edit, 'mirror disconnect opencode' takes it out.
import { spawn, spawnSync } from "node:child_process"

const SHIM = "@SHIM@"
const LAUNCHER = "@LAUNCHER@"
const HOME = "@HOME@"

const body = (event, session, cwd, more) =>
  JSON.stringify({ hook_event_name: event, session_id: session, cwd, ...more })

// Resolves to what Mirror said; rejects for every failure.
const ask = (event, session, cwd, more) =>
  new Promise((resolve, reject) => {
    const child = spawn(SHIM, [event], { stdio: ["pipe", "pipe", "pipe"] })
    let out = ""
    let err = ""
    child.stdout.on("data", (data) => (out += data))
    child.stderr.on("data", (data) => (err += data))
    child.on("error", () => reject(new Error("Mirror blocked this: its hook client cannot be started")))
    child.stdin.on("error", () => {})
    child.on("close", (code) => {
      if (code !== 0) return reject(new Error(err.trim() || "Mirror blocked this: its hook client failed"))
      if (out.trim() === "") return resolve({})
      try {
        resolve(JSON.parse(out))
      } catch {
        reject(new Error("Mirror blocked this: the answer of its hook client is not known"))
      }
    })
    child.stdin.end(body(event, session, cwd, more))
  })

// For ends: the client may be gone before an answer comes.
const tell = (event, session, cwd, more) => {
  spawnSync(SHIM, [event], { input: body(event, session, cwd, more), stdio: ["pipe", "ignore", "ignore"], timeout: 15000 })
}

export const Mirror = async ({ directory }) => {
  const parents = new Map()
  const contexts = new Map()
  const answers = new Map()
  const assistants = new Set()
  const denied = new Set()
  const failed = new Set()
  const root = (id) => (parents.has(id) ? root(parents.get(id)) : id)
  const open = (id) => {
    const session = root(id)
    if (!contexts.has(session)) contexts.set(session, ask("SessionStart", session, directory, { source: "startup" }))
    return contexts.get(session)
  }
  process.on("exit", () => {
    for (const session of contexts.keys()) tell("SessionEnd", session, directory, { reason: "exit" })
  })
  return {
    config: async (config) => {
      config.mcp = {
        ...config.mcp,
        mirror: { type: "local", command: [LAUNCHER, "mcp"], environment: { MIRROR_HOME: HOME }, enabled: true },
      }
    },
    event: async ({ event }) => {
      const data = event.properties ?? {}
      if (event.type === "session.created" && data.info?.parentID) parents.set(data.info.id, data.info.parentID)
      if (event.type === "message.updated" && data.info?.role === "assistant") assistants.add(data.info.id)
      if (event.type === "message.part.updated") {
        const part = data.part ?? {}
        if (part.type === "text" && assistants.has(part.messageID)) answers.set(part.sessionID, part.text)
        if (part.type === "tool" && part.state?.status === "error" && !denied.has(part.callID) && !failed.has(part.callID)) {
          failed.add(part.callID)
          tell("PostToolUseFailure", root(part.sessionID), directory, {
            tool_name: part.tool,
            tool_input: part.state.input,
            tool_use_id: part.callID,
            error: String(part.state.error ?? ""),
          })
        }
      }
      if (event.type === "session.idle") {
        const id = data.sessionID
        const message = answers.get(id) ?? ""
        if (parents.has(id)) tell("SubagentStop", root(id), directory, { last_assistant_message: message, agent_id: id })
        else tell("Stop", id, directory, { last_assistant_message: message })
      }
      if (event.type === "session.deleted" && contexts.delete(data.info?.id)) {
        tell("SessionEnd", data.info.id, directory, { reason: "deleted" })
      }
    },
    "chat.message": async (input, output) => {
      if (parents.has(input.sessionID)) return
      await open(input.sessionID)
      const prompt = output.parts.filter((part) => part.type === "text" && !part.synthetic).map((part) => part.text)
      await ask("UserPromptSubmit", input.sessionID, directory, { prompt: prompt.join("\n") })
    },
    "experimental.chat.system.transform": async (input, output) => {
      if (!input.sessionID) return
      const { context } = await open(input.sessionID)
      if (context) output.system.push(context)
    },
    "tool.execute.before": async (input, output) => {
      try {
        const answer = await ask("PreToolUse", root(input.sessionID), directory, {
          tool_name: input.tool,
          tool_input: output.args,
          tool_use_id: input.callID,
        })
        if (Object.keys(answer).length > 0) throw new Error(answer.deny ?? "Mirror blocked this: its answer is not known")
      } catch (error) {
        denied.add(input.callID)
        throw error
      }
    },
    "tool.execute.after": async (input, output) => {
      const { context } = await ask("PostToolUse", root(input.sessionID), directory, {
        tool_name: input.tool,
        tool_input: input.args,
        tool_use_id: input.callID,
        tool_response: output.output ?? "",
      })
      if (context) output.output += "\n" + context
    },
    "experimental.session.compacting": async (input) => {
      await ask("PreCompact", root(input.sessionID), directory, { trigger: "auto" })
    },
  }
}
