// What VS Code and its client library are to the extension, for a test without them: folders in, started commands out.
"use strict";

const Module = require("node:module");
const [, , extension, missing, ...folders] = process.argv;

const started = [];
const shown = [];
let onFolders;
const vscode = {
    commands: { registerCommand: () => ({}) },
    window: { showErrorMessage: (message) => shown.push(message) },
    workspace: {
        workspaceFolders: folders.map((fsPath) => ({ uri: { scheme: "file", fsPath } })),
        getConfiguration: () => ({ get: (_, otherwise) => otherwise }),
        onDidChangeWorkspaceFolders: (told) => (onFolders = told),
    },
};
class LanguageClient {
    constructor(_id, _name, server, { documentSelector }) {
        Object.assign(this, { server, patterns: documentSelector.map((filter) => filter.pattern) });
    }
    async start() {
        if (this.server.options.cwd.endsWith(missing)) {
            throw new Error("spawn menusync ENOENT");
        }
        started.push({ command: [this.server.command, ...this.server.args], patterns: this.patterns, stopped: false });
        this.at = started.length - 1;
    }
    async stop() {
        started[this.at].stopped = true;
    }
}
const load = Module._load;
Module._load = (name, ...rest) =>
    name === "vscode"
        ? vscode
        : name === "vscode-languageclient/node"
          ? { LanguageClient, TransportKind: { stdio: 0 } }
          : load(name, ...rest);

(async () => {
    const { activate, deactivate } = require(extension);
    await activate({ subscriptions: [] });
    const first = started.length;
    vscode.workspace.workspaceFolders = vscode.workspace.workspaceFolders.slice(0, 1);
    await onFolders();
    await deactivate();
    console.log(JSON.stringify({ first, started, shown }));
})();
