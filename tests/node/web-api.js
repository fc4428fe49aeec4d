// Calls what a bot calls, and prints what came of it as JSON.
import { WebClient } from "@slack/web-api";

const client = new WebClient(process.env.SLACK_BOT_TOKEN, {
  slackApiUrl: process.env.SLACK_API_URL,
  logLevel: "error",
});
const channel = process.env.CHANNEL;

const { ts } = await client.chat.postMessage({ channel, text: "one" });
await client.chat.update({ channel, ts, text: "two" });
await client.reactions.add({ channel, timestamp: ts, name: "eyes" });
await client.filesUploadV2({ channel_id: channel, filename: "a.txt", content: "hello", initial_comment: "a file" });

const seen = [];
for await (const page of client.paginate("conversations.history", { channel, limit: 2 })) {
  seen.push(page.messages.map((message) => message.text));
}

let refusal;
try {
  await client.chat.postMessage({ channel: "C0NOWHERE", text: "lost" });
} catch (error) {
  refusal = error.data.error;
}
console.log(JSON.stringify({ ts, seen, refusal }));
