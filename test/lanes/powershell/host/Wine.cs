// Makes `cfm` be found on PATH under Wine 8.
//
// To find a command the engine lists each folder of PATH with the pattern `cfm.*`. Since 10.0.9 .NET hands such a
// pattern to NtQueryDirectoryFile, its last dot spelled `"` as Windows wants it, which Wine 8 does not know: nothing is
// ever found. .NET looks at each name again itself, so the pattern can be left out. Older runtimes are not to be had.
#nullable enable
using System;
using System.Runtime.InteropServices;

namespace Cfm.Lane
{
	static class Wine
	{
		const uint commit = 0x3000; // MEM_COMMIT | MEM_RESERVE
		const uint readWrite = 0x04;
		const uint readWriteExecute = 0x40;

		[DllImport("kernel32.dll", ExactSpelling = true)]
		static extern nint VirtualAlloc(nint address, nint size, uint type, uint protection);

		[DllImport("kernel32.dll", ExactSpelling = true)]
		static extern bool VirtualProtect(nint address, nint size, uint protection, out uint before);

		/// <summary>Does nothing but under Wine. To be called before anything lists a folder.</summary>
		public static void ListWithoutPatterns()
		{
			if (!OperatingSystem.IsWindows()) return;
			var ntdll = NativeLibrary.Load("ntdll.dll");
			if (!NativeLibrary.TryGetExport(ntdll, "wine_get_version", out _)) return;

			var original = NativeLibrary.GetExport(ntdll, "NtQueryDirectoryFile");
			byte[] code =
			[
				0x48, 0xC7, 0x44, 0x24, 0x50, 0, 0, 0, 0, // mov qword [rsp+50h], 0: the tenth argument, FileName
				0x48, 0xB8, .. BitConverter.GetBytes((long)original), // mov rax, original
				0xFF, 0xE0, // jmp rax
			];
			var page = AllocateNear(ntdll);
			Marshal.Copy(code, 0, page, code.Length);

			// Who asks ntdll for the function from now on gets the page; who has it already, as kernel32, is left alone.
			var entry = ExportEntry(ntdll, "NtQueryDirectoryFile");
			VirtualProtect(entry, 4, readWrite, out var before);
			Marshal.WriteInt32(entry, (int)(page - ntdll));
			VirtualProtect(entry, 4, before, out _);
		}

		/// <summary>A page that an export entry can name: entries are 32-bit distances from the module's start.</summary>
		static nint AllocateNear(nint module)
		{
			for (nint distance = 0x1000000; distance < 0x70000000; distance += 0x1000000)
			{
				var page = VirtualAlloc(module + distance, 0x1000, commit, readWriteExecute);
				if (page != 0) return page;
			}
			throw new InvalidOperationException("no free page near ntdll");
		}

		/// <summary>Where a module's export table keeps a function's distance.</summary>
		static nint ExportEntry(nint module, string name)
		{
			var headers = module + Marshal.ReadInt32(module, 0x3C);
			var exports = module + Marshal.ReadInt32(headers, 0x88);
			var functions = module + Marshal.ReadInt32(exports, 0x1C);
			var names = module + Marshal.ReadInt32(exports, 0x20);
			var ordinals = module + Marshal.ReadInt32(exports, 0x24);
			for (var at = 0; at < Marshal.ReadInt32(exports, 0x18); at++)
			{
				if (Marshal.PtrToStringAnsi(module + Marshal.ReadInt32(names, at * 4)) != name) continue;
				return functions + Marshal.ReadInt16(ordinals, at * 2) * 4;
			}
			throw new InvalidOperationException($"ntdll exports no {name}");
		}
	}
}
