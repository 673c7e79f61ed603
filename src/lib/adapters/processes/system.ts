import { join } from "node:path";

/**
 * The full path of one of Windows' own programs. Never by name alone: a search of PATH, or of the current folder,
 * could find somebody else's.
 */
export function systemProgram(name: string): string {
	return join(process.env.SystemRoot ?? "C:\\Windows", "System32", name);
}

/** Windows PowerShell 5.1, which is part of the system. */
export function windowsPowerShell(): string {
	return join(process.env.SystemRoot ?? "C:\\Windows", "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
}
