// Acknowledges what comes, and prints a line of JSON for each, until its standard input ends.
import { SocketModeClient } from "@slack/socket-mode";

const client = new SocketModeClient({
  appToken: process.env.SLACK_APP_TOKEN,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
  clientPingTimeout: 200, // also the wait before it connects again; 5000 unless told otherwise
  logLevel: "error",
});

client.on("message", async ({ event, ack, retry_num }) => {
  await ack();
  console.log(JSON.stringify([event.text, retry_num]));
});
client.on("slash_commands", async ({ body, ack }) => {
  await ack({ text: `You typed ${body.command} ${body.text}` });
});

process.stdin.resume().on("end", () => process.exit());
await client.start();
