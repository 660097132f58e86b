// Starts `menusync language-server` for each root in the folders that are open. Everything else is menusync's.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { commands, window, workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

const SETTINGS = "menusync.yaml";

let clients = [];
// One start or stop at a time.
let last = Promise.resolve();

const isRoot = (dir) => fs.existsSync(path.join(dir, SETTINGS));

// The root that the setting names, else the folder or the nearest one above it, else those directly below it.
function rootsOf(folder, named) {
    if (named) {
        return [path.join(folder, named)];
    }
    for (let dir = folder; ; dir = path.dirname(dir)) {
        if (isRoot(dir)) {
            return [dir];
        }
        if (dir === path.dirname(dir)) {
            break;
        }
    }
    const below = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return below.map((entry) => path.join(folder, entry.name)).filter(isRoot);
}

// A path in a pattern means itself.
const literally = (dir) => dir.replace(/\\/g, "/").replace(/[[{}*?]/g, "[$&]");

async function startIn(root, folder, command) {
    const server = {
        command,
        args: ["--root", root, "language-server"],
        transport: TransportKind.stdio,
        options: { cwd: root },
    };
    const inRoot = (glob) => ({ scheme: "file", pattern: `${literally(root)}/${glob}` });
    const documentSelector = [SETTINGS, "catalogs/**/*.{yaml,yml,json}", "approvals/*.yaml"].map(inRoot);
    const client = new LanguageClient("menusync", "menusync", server, { documentSelector, workspaceFolder: folder });
    clients.push(client);
    try {
        await client.start();
    } catch (error) {
        clients = clients.filter((known) => known !== client);
        window.showErrorMessage(
            `menusync: cannot start \`${command} language-server\` in ${root}: ${error.message}. ` +
                "Install menusync, or name it in the setting menusync.path.",
        );
    }
}

async function start() {
    const started = new Set();
    for (const folder of workspace.workspaceFolders ?? []) {
        if (folder.uri.scheme !== "file") {
            continue;
        }
        const settings = workspace.getConfiguration("menusync", folder.uri);
        for (const root of rootsOf(folder.uri.fsPath, settings.get("root", ""))) {
            if (!started.has(root)) {
                started.add(root);
                await startIn(root, folder, settings.get("path", "menusync"));
            }
        }
    }
}

async function stop() {
    const running = clients;
    clients = [];
    // One that has died is stopped already.
    await Promise.allSettled(running.map((client) => client.stop()));
}

function restart() {
    last = last.then(stop).then(start);
    return last;
}

exports.activate = async (context) => {
    context.subscriptions.push(
        commands.registerCommand("menusync.restart", restart),
        workspace.onDidChangeWorkspaceFolders(restart),
    );
    await restart();
};

exports.deactivate = () => {
    last = last.then(stop);
    return last;
};
