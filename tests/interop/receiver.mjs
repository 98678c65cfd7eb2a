// A receiver of webhooks that knows nothing of everstep: it verifies with `standardwebhooks` and parses with `cloudevents`.
//
// Its orders come as lines of JSON on stdin, and it answers each with one line of JSON:
//   {"listen": {"certificate": PEM, "key": PEM, "secret": "whsec_…"}}             -> {"port": n}; serves HTTPS on 127.0.0.1
//   {"trust": "whsec_…"}                                                         -> {"trusted": true}; from now on this secret
//   {"sign": {"secret": "whsec_…", "id": …, "timestamp": seconds, "body": …}}     -> {"signature": "v1,…"}
// Each request is one line, too: {"verified": true, "event": {…}} or {"verified": false, "error": …}, answered with 204, 401, or 400.

import https from "node:https";
import readline from "node:readline";
import { HTTP } from "cloudevents";
import { Webhook } from "standardwebhooks";

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
let webhook;

// The binding asks receivers to percent-decode header values (3.1.3.2), which cloudevents 10.0.0 leaves out.
function decoded(headers) {
    const entries = Object.entries(headers);
    return Object.fromEntries(entries.map(([name, value]) => [name, name.startsWith("ce-") ? decodeURIComponent(value) : value]));
}

function take(request, body) {
    try {
        webhook.verify(body, request.headers);
    } catch (error) {
        say({ verified: false, error: String(error) });
        return 401;
    }
    try {
        const event = HTTP.toEvent({ headers: decoded(request.headers), body });
        event.validate();
        say({ verified: true, method: request.method, path: request.url, id: request.headers["webhook-id"], event: event.toJSON() });
        return 204;
    } catch (error) {
        say({ verified: true, error: String(error) });
        return 400;
    }
}

function listen({ certificate, key, secret }) {
    webhook = new Webhook(secret);
    const server = https.createServer({ cert: certificate, key }, (request, response) => {
        const parts = [];
        request.on("data", (part) => parts.push(part));
        request.on("end", () => response.writeHead(take(request, Buffer.concat(parts).toString("utf8"))).end());
    });
    server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
}

function obey(order) {
    if (order.listen) {
        listen(order.listen);
    } else if (order.trust) {
        webhook = new Webhook(order.trust);
        say({ trusted: true });
    } else if (order.sign) {
        const { secret, id, timestamp, body } = order.sign;
        say({ signature: new Webhook(secret).sign(id, new Date(timestamp * 1000), body) });
    }
}

readline
    .createInterface({ input: process.stdin })
    .on("line", (line) => obey(JSON.parse(line)))
    .on("close", () => process.exit(0));
