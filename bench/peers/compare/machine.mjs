// What the figures depend on.

import { closeSync, fdatasyncSync, openSync, readFileSync, realpathSync, rmSync, writeSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';

import { median } from './figures.mjs';

/// Median of 4 KiB written over and synced, in microseconds.
function syncMicroseconds(directory) {
    const name = `${directory}/sync`;
    const file = openSync(name, 'w+', 0o600);
    const page = Buffer.alloc(4096);
    writeSync(file, page, 0, page.length, 0);
    fdatasyncSync(file);
    const times = Array.from({ length: 200 }, () => {
        const begin = performance.now();
        writeSync(file, page, 0, page.length, 0);
        fdatasyncSync(file);
        return (performance.now() - begin) * 1_000;
    });
    closeSync(file);
    rmSync(name);
    return median(times);
}

/// "ext4 (/dev/vda)": the mount with the longest path that holds the directory.
function fileSystem(directory) {
    const whole = `${realpathSync(directory)}/`;
    let found = { mount: '', text: 'unknown' };
    for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
        const [device, mount, kind] = line.split(' ');
        if (mount && whole.startsWith(mount === '/' ? mount : `${mount}/`) && mount.length >= found.mount.length)
            found = { mount, text: `${kind} (${device})` };
    }
    return found.text;
}

export function describeMachine(directory) {
    return {
        processor: `${cpus()[0].model.trim()}, ${cpus().length} in use, ${arch()}`,
        memory: `${Math.round(totalmem() / 2 ** 20)} MiB`,
        kernel: `${type()} ${release()}`,
        disk: `${fileSystem(directory)}, 4 KiB fdatasync p50 ${Math.round(syncMicroseconds(directory))} us`,
    };
}
