// Runs PowerShell scripts, each in a runspace of its own, and writes all that came of one as JSON.
//
//   powershell-host REQUEST.json ANSWER.json   runs one
//   powershell-host FOLDER                     runs FOLDER/1.json, 2.json … as they appear; answers are 1.answer.json …
//
// This file needs PowerShell's engine and nothing else: for Windows it is compiled into a host of its own (host.csproj),
// and the real pwsh loads it as an assembly that it compiled by Add-Type. The answer is the same data either way.
#nullable enable
using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Security;
using System.Text;
using System.Text.Json;
using System.Threading;

namespace Cfm.Lane
{
	public static class Runner
	{
		static readonly TimeSpan idle = TimeSpan.FromMinutes(10);

		/// <summary>
		/// Runs scripts one after the other until the folder is gone, or nobody wants anything any more. Starting .NET and
		/// PowerShell costs more than most scripts. What a script changes of the process is put back after it.
		/// </summary>
		public static int Serve(string folder)
		{
			var environment = Environment.GetEnvironmentVariables();
			var encodings = (Console.InputEncoding, Console.OutputEncoding);
			for (var number = 1; Appears(Path.Combine(folder, $"{number}.json")); number++)
			{
				var answer = Path.Combine(folder, $"{number}.answer.json");
				Run(Path.Combine(folder, $"{number}.json"), answer + ".part");

				Environment.CurrentDirectory = Path.GetTempPath();
				foreach (string name in Environment.GetEnvironmentVariables().Keys)
					if (!environment.Contains(name)) Environment.SetEnvironmentVariable(name, null);
				foreach (DictionaryEntry one in environment)
					Environment.SetEnvironmentVariable((string)one.Key, (string?)one.Value);
				if (!Console.InputEncoding.Equals(encodings.InputEncoding)) Console.InputEncoding = encodings.InputEncoding;
				if (!Console.OutputEncoding.Equals(encodings.OutputEncoding)) Console.OutputEncoding = encodings.OutputEncoding;
				File.Move(answer + ".part", answer);
			}
			return 0;

			bool Appears(string file)
			{
				for (var until = DateTime.UtcNow + idle; DateTime.UtcNow < until && Directory.Exists(folder); Thread.Sleep(5))
					if (File.Exists(file)) return true;
				return false;
			}
		}

		public static int Run(string requestFile, string answerFile)
		{
			using var request = JsonDocument.Parse(File.ReadAllBytes(requestFile));
			var root = request.RootElement;
			foreach (var variable in root.GetProperty("env").EnumerateObject())
				Environment.SetEnvironmentVariable(variable.Name, variable.Value.GetString());
			Environment.CurrentDirectory = root.GetProperty("cwd").GetString()!;

			var host = new RecordingHost();
			using var runspace = RunspaceFactory.CreateRunspace(host, SessionState());
			runspace.Open();
			foreach (var preference in root.GetProperty("preferences").EnumerateObject())
				runspace.SessionStateProxy.SetVariable(preference.Name, FromJson(preference.Value));
			using (var before = PowerShell.Create(runspace))
				before.AddScript(root.GetProperty("before").GetString()!, useLocalScope: false).Invoke();
			RethrowExit(runspace);

			using var shell = PowerShell.Create(runspace);
			// As `pwsh -File` does it: the script is no command in a scope of its own.
			shell.Commands.AddCommand(root.GetProperty("script").GetString()!, useLocalScope: false);
			foreach (var parameter in root.GetProperty("parameters").EnumerateObject())
				shell.AddParameter(parameter.Name, FromJson(parameter.Value));
			ConsoleCancelEventHandler cancel = (_, key) =>
			{
				key.Cancel = true;
				shell.BeginStop(null, null);
			};
			Console.CancelKeyPress += cancel;

			var output = new PSDataCollection<PSObject>();
			ErrorRecord? ending = null;
			try
			{
				shell.Invoke(null, output, null);
			}
			catch (RuntimeException error)
			{
				ending = error.ErrorRecord;
			}
			Console.CancelKeyPress -= cancel;

			using var stream = File.Create(answerFile);
			using var json = new Utf8JsonWriter(stream);
			new Answer(json).Write(shell, host, output, ending);
			return 0;
		}

		static InitialSessionState SessionState()
		{
			// CreateDefault() would look for snap-ins, which are not there.
			var state = InitialSessionState.CreateDefault2();
			// Setting it throws elsewhere; without it win32 imports no script module.
			if (OperatingSystem.IsWindows()) state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
			return state;
		}

		/// <summary>
		/// Lets `exit 3` in the script reach the host as `pwsh -File` has it; without this it would only set
		/// $LASTEXITCODE. The engine offers it to pwsh alone.
		/// </summary>
		static void RethrowExit(Runspace runspace)
		{
			const BindingFlags hidden = BindingFlags.Instance | BindingFlags.NonPublic;
			var context = typeof(Runspace).GetProperty("ExecutionContext", hidden)!.GetValue(runspace)!;
			context.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", hidden)!.SetValue(context, true);
		}

		static object? FromJson(JsonElement value) => value.ValueKind switch
		{
			JsonValueKind.String => value.GetString(),
			JsonValueKind.Number => value.TryGetInt32(out var whole) ? whole : value.GetDouble(),
			JsonValueKind.True => true,
			JsonValueKind.False => false,
			JsonValueKind.Array => value.EnumerateArray().Select(FromJson).ToArray(),
			_ => null,
		};
	}

	/// <summary>What came of a script, as one JSON object.</summary>
	sealed class Answer
	{
		const int deepest = 32;

		readonly Utf8JsonWriter json;

		public Answer(Utf8JsonWriter json) => this.json = json;

		public void Write(PowerShell shell, RecordingHost host, IEnumerable<PSObject?> output, ErrorRecord? ending)
		{
			var variables = shell.Runspace.SessionStateProxy;
			var streams = shell.Streams;
			// A program's stderr arrives on the error stream wherever no console is at hand.
			var said = streams.Error.ToLookup(error => error.FullyQualifiedErrorId.StartsWith("NativeCommandError"));

			json.WriteStartObject();
			json.WriteString("version", ((Hashtable)variables.GetVariable("PSVersionTable"))["PSVersion"]!.ToString());
			List("objects", output, Value);
			List("types", output, one => json.WriteStringValue(one?.TypeNames.FirstOrDefault() ?? ""));
			json.WriteStartArray("errors");
			foreach (var error in said[false]) Error(error, terminating: false);
			if (ending != null) Error(ending, terminating: true);
			json.WriteEndArray();
			List("stderr", said[true], line => json.WriteStringValue(line.Exception.Message));
			List("warnings", streams.Warning, one => json.WriteStringValue(one.Message));
			List("verbose", streams.Verbose, one => json.WriteStringValue(one.Message));
			List("information", streams.Information, one => json.WriteStringValue(one.MessageData?.ToString() ?? ""));
			List("progress", streams.Progress, Progress);
			json.WriteStartObject("host");
			json.WriteString("text", host.Recording.Text.ToString());
			json.WriteBoolean("colour", host.Recording.Colour);
			List("prompts", host.Recording.Prompts, json.WriteStringValue);
			json.WriteEndObject();
			json.WriteNumber("exitCode", host.ExitCode ?? (ending == null ? 0 : 1));
			json.WritePropertyName("lastExitCode");
			Value(variables.GetVariable("LASTEXITCODE"));
			json.WriteEndObject();
		}

		void List<T>(string name, IEnumerable<T> items, Action<T> write)
		{
			json.WriteStartArray(name);
			foreach (var item in items) write(item);
			json.WriteEndArray();
		}

		void Error(ErrorRecord error, bool terminating)
		{
			json.WriteStartObject();
			json.WriteString("id", error.FullyQualifiedErrorId);
			json.WriteString("message", error.ErrorDetails?.Message ?? error.Exception.Message);
			json.WriteString("category", error.CategoryInfo.Category.ToString());
			json.WriteString("exception", error.Exception.GetType().FullName);
			json.WritePropertyName("target");
			Value(error.TargetObject);
			json.WriteString("recommendedAction", error.ErrorDetails?.RecommendedAction);
			json.WriteBoolean("terminating", terminating);
			json.WriteNumber("line", error.InvocationInfo?.ScriptLineNumber ?? 0);
			json.WriteEndObject();
		}

		void Progress(ProgressRecord one)
		{
			json.WriteStartObject();
			json.WriteString("activity", one.Activity);
			json.WriteString("status", one.StatusDescription);
			json.WriteNumber("percent", one.PercentComplete);
			json.WriteBoolean("completed", one.RecordType == ProgressRecordType.Completed);
			json.WriteEndObject();
		}

		void Value(object? value) => Value(value, 0);

		void Value(object? value, int depth)
		{
			if (depth > deepest) throw new InvalidOperationException($"an object is nested deeper than {deepest}");
			var wrapped = value as PSObject;
			var inner = wrapped == null ? value : wrapped.BaseObject;
			switch (inner)
			{
				case null:
					json.WriteNullValue();
					break;
				case string or char or Enum:
					json.WriteStringValue(inner.ToString());
					break;
				case bool flag:
					json.WriteBooleanValue(flag);
					break;
				case SwitchParameter flag:
					json.WriteBooleanValue(flag.IsPresent);
					break;
				case double number when !double.IsFinite(number):
					json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
					break;
				case sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal:
					json.WriteRawValue(((IFormattable)inner).ToString(null, CultureInfo.InvariantCulture));
					break;
				case DateTime time:
					json.WriteStringValue(time.ToString("o", CultureInfo.InvariantCulture));
					break;
				case IDictionary table:
					json.WriteStartObject();
					foreach (DictionaryEntry entry in table) Property(entry.Key.ToString()!, entry.Value, depth);
					json.WriteEndObject();
					break;
				case IEnumerable items:
					json.WriteStartArray();
					foreach (var item in items) Value(item, depth + 1);
					json.WriteEndArray();
					break;
				default:
					Members(wrapped ?? PSObject.AsPSObject(inner), inner, depth);
					break;
			}
		}

		/// <summary>What a script made is its properties; what .NET made (a file, a version) is its text.</summary>
		void Members(PSObject value, object inner, int depth)
		{
			var made = inner is PSCustomObject || inner.GetType().Assembly.IsDynamic;
			if (!made)
			{
				json.WriteStringValue(value.ToString());
				return;
			}
			json.WriteStartObject();
			foreach (var property in value.Properties) Property(property.Name, property.Value, depth);
			json.WriteEndObject();
		}

		void Property(string name, object? value, int depth)
		{
			json.WritePropertyName(name);
			Value(value, depth + 1);
		}
	}

	/// <summary>A host without a console or a user: it keeps what is written and refuses what is asked.</summary>
	sealed class RecordingHost : PSHost
	{
		public readonly Recording Recording = new Recording();

		/// <summary>What the script gave to `exit`; null when it did not.</summary>
		public int? ExitCode { get; private set; }

		public override string Name => "cfm test host";
		public override Version Version => new Version(1, 0);
		public override Guid InstanceId { get; } = Guid.NewGuid();
		public override PSHostUserInterface UI => Recording;
		public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;
		public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

		public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

		public override void EnterNestedPrompt() => throw new HostException("no nested prompt here");

		public override void ExitNestedPrompt() { }

		public override void NotifyBeginApplication() { }

		public override void NotifyEndApplication() { }
	}

	sealed class Recording : PSHostUserInterface
	{
		public readonly StringBuilder Text = new StringBuilder();
		public readonly List<string> Prompts = new List<string>();

		/// <summary>Whether something was written in a colour of its own, or with an escape sequence.</summary>
		public bool Colour { get; private set; }

		public override PSHostRawUserInterface? RawUI => null;

		public override void Write(string value)
		{
			Colour |= value.Contains('\u001b');
			Text.Append(value);
		}

		public override void Write(ConsoleColor foreground, ConsoleColor background, string value)
		{
			// -1: the host's own, which Write-Host asks for when no colour was named.
			Colour |= (int)foreground != -1 || (int)background != -1;
			Write(value);
		}

		public override void WriteLine(string value) => Write(value + "\n");

		// These five come as records on their streams as well.
		public override void WriteErrorLine(string value) { }

		public override void WriteWarningLine(string message) { }

		public override void WriteVerboseLine(string message) { }

		public override void WriteDebugLine(string message) { }

		public override void WriteProgress(long sourceId, ProgressRecord record) { }

		Exception Refuse(string prompt)
		{
			Prompts.Add(prompt);
			return new HostException($"the script asks, and nobody is there to answer: {prompt}");
		}

		public override string ReadLine() => throw Refuse("a line");

		public override SecureString ReadLineAsSecureString() => throw Refuse("a secret line");

		public override Dictionary<string, PSObject> Prompt(
			string caption,
			string message,
			Collection<FieldDescription> descriptions
		) => throw Refuse(string.Join(", ", descriptions.Select(one => one.Name)));

		public override int PromptForChoice(
			string caption,
			string message,
			Collection<ChoiceDescription> choices,
			int defaultChoice
		) => throw Refuse($"{caption} {message}");

		public override PSCredential PromptForCredential(string caption, string message, string user, string target) =>
			throw Refuse($"{caption} {message}");

		public override PSCredential PromptForCredential(
			string caption,
			string message,
			string user,
			string target,
			PSCredentialTypes allowed,
			PSCredentialUIOptions options
		) => throw Refuse($"{caption} {message}");
	}
}
