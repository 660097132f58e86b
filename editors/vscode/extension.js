// Starts `menusync language-server` for each folder with menus. Everything else is menusync's.
"use strict";

const path = require("node:path");
const { commands, workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let clients = [];

async function start() {
    for (const folder of workspace.workspaceFolders ?? []) {
        if (folder.uri.scheme !== "file") {
            continue;
        }
        const settings = workspace.getConfiguration("menusync", folder.uri);
        const cwd = path.join(folder.uri.fsPath, settings.get("root", ""));
        const named = settings.get("root") ? ["--root", cwd] : [];
        const server = {
            command: settings.get("path", "menusync"),
            args: [...named, "language-server"],
            transport: TransportKind.stdio,
            options: { cwd },
        };
        const inFolder = (glob) => ({ scheme: "file", pattern: `${folder.uri.fsPath}/**/${glob}` });
        const documentSelector = ["menusync.yaml", "catalogs/**/*.{yaml,yml,json}", "approvals/*.yaml"].map(inFolder);
        const client = new LanguageClient("menusync", "menusync", server, { documentSelector, workspaceFolder: folder });
        clients.push(client);
        await client.start();
    }
}

async function stop() {
    const running = clients;
    clients = [];
    await Promise.all(running.map((client) => client.stop()));
}

exports.activate = async (context) => {
    const restart = async () => {
        await stop();
        await start();
    };
    context.subscriptions.push(commands.registerCommand("menusync.restart", restart));
    await start();
};

exports.deactivate = stop;
