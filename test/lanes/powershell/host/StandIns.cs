// Stand-ins for the cmdlets that the engine's package lacks (Microsoft.PowerShell.Utility and .Management). They do
// what our scripts need of them, as 7.x does it, and know no other parameter: a script that wants more fails by name.
// The README lists them. A real pwsh never sees this file.
//
// With `windowsPowerShell` in the request they keep to 5.1 where the two differ: ConvertFrom-Json gives an array as one
// object and leaves dates as text; `>`, Out-File, Set-Content and Export-Csv write in 5.1's encodings.
#nullable enable
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Text;
using System.Threading;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Cfm.Lane
{
	/// <summary>What several stand-ins share.</summary>
	public abstract class StandIn : PSCmdlet
	{
		internal static bool WindowsPowerShell =>
			AppContext.TryGetSwitch("Cfm.Lane.WindowsPowerShell", out var asked) && asked;

		protected string FullPath(string path) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);

		/// <summary>Ends the command the way the real one does when a path leads nowhere.</summary>
		protected string ExistingPath(string path)
		{
			var full = FullPath(path);
			if (File.Exists(full) || Directory.Exists(full)) return full;
			var missing = new ItemNotFoundException($"Cannot find path '{full}' because it does not exist.");
			ThrowTerminatingError(new ErrorRecord(missing, "PathNotFound", ErrorCategory.ObjectNotFound, path));
			return full;
		}

		/// <summary>A property of an input object; a hashtable's entry counts as one.</summary>
		protected static object? Read(PSObject item, string name) =>
			item.BaseObject is IDictionary table ? table[name] : item.Properties[name]?.Value;

		protected static object? Read(PSObject item, object property)
		{
			if (property is PSObject wrapped) property = wrapped.BaseObject;
			if (property is not ScriptBlock script) return Read(item, property.ToString()!);
			var found = script.InvokeWithContext(null, new List<PSVariable> { new PSVariable("_", item) });
			return found.Count == 1 ? found[0] : found.Count == 0 ? null : found.ToArray();
		}
	}

	/// <summary>The names that -Encoding takes. Unnamed, each command has its own default in 5.1 and UTF-8 in 7.</summary>
	static class TextEncoding
	{
		static readonly UTF8Encoding utf8 = new UTF8Encoding(false);

		static Encoding Ansi => CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

		public static Encoding Of(string? name, Encoding inWindowsPowerShell) => name?.ToLowerInvariant() switch
		{
			null => StandIn.WindowsPowerShell ? inWindowsPowerShell : utf8,
			"utf8" => StandIn.WindowsPowerShell ? new UTF8Encoding(true) : utf8,
			"utf8bom" => new UTF8Encoding(true),
			"utf8nobom" => utf8,
			"unicode" => Encoding.Unicode,
			"ascii" => Encoding.ASCII,
			"ansi" => Ansi,
			"default" => StandIn.WindowsPowerShell ? Ansi : utf8,
			_ => throw new PSArgumentException($"no such encoding here: {name}", "Encoding"),
		};

		/// <summary>What 5.1 writes by `>` and Out-File.</summary>
		public static Encoding ForOutFile(string? name) => Of(name, Encoding.Unicode);

		/// <summary>What 5.1's Get-Content and Set-Content take a file for that has no mark.</summary>
		public static Encoding ForContent(string? name) => Of(name, Ansi);

		public static Encoding ForExportCsv(string? name) => Of(name, Encoding.ASCII);

		public static Encoding ForImportCsv(string? name) => Of(name, utf8);
	}

	// ---- Output and streams -----------------------------------------------------------------------------------------

	/// <summary>No formatting: each object is its own text. The engine itself uses it to pipe text into a program.</summary>
	[Cmdlet(VerbsData.Out, "String")]
	public sealed class OutString : StandIn
	{
		readonly StringBuilder text = new StringBuilder();

		[Parameter(ValueFromPipeline = true)]
		public PSObject? InputObject { get; set; }

		[Parameter]
		public SwitchParameter Stream { get; set; }

		protected override void ProcessRecord()
		{
			if (InputObject == null) return;
			foreach (var line in InputObject.ToString().Split('\n').Select(one => one.TrimEnd('\r')))
			{
				if (Stream) WriteObject(line);
				else text.Append(line).Append(Environment.NewLine);
			}
		}

		protected override void EndProcessing()
		{
			if (!Stream) WriteObject(text.ToString());
		}
	}

	/// <summary>The engine uses it for `>` and `>>`, except for a native program's own bytes.</summary>
	[Cmdlet(VerbsData.Out, "File")]
	public sealed class OutFile : StandIn
	{
		StreamWriter? writer;

		[Parameter(Mandatory = true, Position = 0)]
		[Alias("Path", "LiteralPath")]
		public string FilePath { get; set; } = "";

		[Parameter(Position = 1)]
		public string? Encoding { get; set; }

		[Parameter]
		public SwitchParameter Append { get; set; }

		[Parameter]
		public SwitchParameter Force { get; set; }

		[Parameter]
		public SwitchParameter NoNewline { get; set; }

		[Parameter(ValueFromPipeline = true)]
		public PSObject? InputObject { get; set; }

		protected override void BeginProcessing() =>
			writer = new StreamWriter(FullPath(FilePath), Append, TextEncoding.ForOutFile(Encoding));

		protected override void ProcessRecord()
		{
			if (InputObject == null) return;
			writer!.Write(InputObject.ToString());
			if (!NoNewline) writer.WriteLine();
		}

		protected override void EndProcessing() => writer?.Dispose();

		protected override void StopProcessing() => writer?.Dispose();
	}

	[Cmdlet(VerbsCommunications.Write, "Output")]
	public sealed class WriteOutput : StandIn
	{
		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromRemainingArguments = true)]
		[AllowNull]
		[AllowEmptyCollection]
		public PSObject?[]? InputObject { get; set; }

		[Parameter]
		public SwitchParameter NoEnumerate { get; set; }

		protected override void ProcessRecord()
		{
			foreach (var item in InputObject ?? Array.Empty<PSObject?>()) WriteObject(item, !NoEnumerate);
		}
	}

	[Cmdlet(VerbsCommunications.Write, "Host")]
	public sealed class WriteHost : StandIn
	{
		[Parameter(Position = 0, ValueFromPipeline = true, ValueFromRemainingArguments = true)]
		public object? Object { get; set; }

		[Parameter]
		public ConsoleColor? ForegroundColor { get; set; }

		[Parameter]
		public SwitchParameter NoNewline { get; set; }

		protected override void ProcessRecord()
		{
			var message = new HostInformationMessage
			{
				Message = LanguagePrimitives.ConvertTo<string>(Object),
				ForegroundColor = ForegroundColor,
				NoNewLine = NoNewline,
			};
			WriteInformation(message, new[] { "PSHOST" });
		}
	}

	[Cmdlet(VerbsCommunications.Write, "Verbose")]
	public sealed class WriteVerboseStandIn : StandIn
	{
		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		[AllowEmptyString]
		public string Message { get; set; } = "";

		protected override void ProcessRecord() => WriteVerbose(Message);
	}

	[Cmdlet(VerbsCommunications.Write, "Warning")]
	public sealed class WriteWarningStandIn : StandIn
	{
		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		[AllowEmptyString]
		public string Message { get; set; } = "";

		protected override void ProcessRecord() => WriteWarning(Message);
	}

	[Cmdlet(VerbsCommunications.Write, "Error", DefaultParameterSetName = "Message")]
	public sealed class WriteErrorStandIn : StandIn
	{
		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = "Message")]
		[AllowEmptyString]
		public string Message { get; set; } = "";

		[Parameter(Mandatory = true, ParameterSetName = "Record")]
		public ErrorRecord? ErrorRecord { get; set; }

		[Parameter(ParameterSetName = "Message")]
		public string ErrorId { get; set; } = "";

		[Parameter(ParameterSetName = "Message")]
		public ErrorCategory Category { get; set; }

		[Parameter(ParameterSetName = "Message")]
		public object? TargetObject { get; set; }

		[Parameter]
		public string? RecommendedAction { get; set; }

		protected override void ProcessRecord()
		{
			var record = ErrorRecord;
			if (record == null)
			{
				var id = ErrorId == "" ? "Microsoft.PowerShell.Commands.WriteErrorException" : ErrorId;
				record = new ErrorRecord(new WriteErrorException(Message), id, Category, TargetObject);
			}
			if (RecommendedAction != null)
				record.ErrorDetails = new ErrorDetails(record.ToString()) { RecommendedAction = RecommendedAction };
			// As the real one: the error is the script's, not this command's. Its way to say so is the engine's own.
			if (GetVariableValue("MyInvocation") is InvocationInfo script)
			{
				const BindingFlags hidden = BindingFlags.Instance | BindingFlags.NonPublic;
				typeof(ErrorRecord).GetMethod("SetInvocationInfo", hidden)!.Invoke(record, new object[] { script });
				typeof(ErrorRecord).GetProperty("PreserveInvocationInfoOnce", hidden)!.SetValue(record, true);
			}
			WriteError(record);
		}
	}

	/// <summary>The exception of a Write-Error that was only given words.</summary>
	public sealed class WriteErrorException : SystemException
	{
		public WriteErrorException(string message)
			: base(message) { }
	}

	// ---- JSON and CSV -----------------------------------------------------------------------------------------------

	/// <summary>By the library that the real one uses, so numbers and dates come out as there.</summary>
	[Cmdlet(VerbsData.ConvertFrom, "Json")]
	public sealed class ConvertFromJson : StandIn
	{
		readonly List<string> lines = new List<string>();

		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		[AllowEmptyString]
		public string InputObject { get; set; } = "";

		[Parameter]
		public SwitchParameter NoEnumerate { get; set; }

		protected override void ProcessRecord() => lines.Add(InputObject);

		protected override void EndProcessing()
		{
			var text = string.Join(Environment.NewLine, lines);
			if (text.Trim() == "") return;
			var settings = new JsonSerializerSettings
			{
				DateParseHandling = WindowsPowerShell ? DateParseHandling.None : DateParseHandling.DateTime,
				MaxDepth = 1024,
			};
			try
			{
				var parsed = FromToken(JsonConvert.DeserializeObject<JToken>(text, settings));
				WriteObject(parsed, !NoEnumerate && !WindowsPowerShell);
			}
			catch (JsonException error)
			{
				var wrong = new ArgumentException($"Conversion from JSON failed with error: {error.Message}", error);
				ThrowTerminatingError(
					new ErrorRecord(wrong, "System.ArgumentException", ErrorCategory.NotSpecified, null)
				);
			}
		}

		static object? FromToken(JToken? token) => token switch
		{
			null => null,
			JArray array => array.Select(FromToken).ToArray(),
			JObject table => FromTable(table),
			JValue value => value.Value,
			_ => throw new JsonException($"a {token.Type} is not JSON"),
		};

		/// <summary>Properties of a PowerShell object differ in more than case, so the keys of a JSON object must, too.</summary>
		static PSObject FromTable(JObject table)
		{
			var made = new PSObject();
			foreach (var property in table.Properties())
			{
				if (made.Properties[property.Name] != null)
					throw new JsonException($"keys that differ in case only: {property.Name}");
				made.Properties.Add(new PSNoteProperty(property.Name, FromToken(property.Value)));
			}
			return made;
		}
	}

	[Cmdlet(VerbsData.ConvertTo, "Json")]
	public sealed class ConvertToJson : StandIn
	{
		readonly List<object?> items = new List<object?>();

		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		[AllowNull]
		public object? InputObject { get; set; }

		/// <summary>2 unless told, as in the real one: deeper objects become their text.</summary>
		[Parameter]
		public int Depth { get; set; } = 2;

		[Parameter]
		public SwitchParameter Compress { get; set; }

		protected override void ProcessRecord() => items.Add(InputObject);

		protected override void EndProcessing()
		{
			var all = items.Count == 1 ? items[0] : items.ToArray();
			WriteObject(ToToken(all, 0).ToString(Compress ? Formatting.None : Formatting.Indented));
		}

		JToken ToToken(object? value, int depth)
		{
			var wrapped = value as PSObject;
			var inner = wrapped == null ? value : wrapped.BaseObject;
			if (inner == null) return JValue.CreateNull();
			if (inner is string or bool or DateTime || inner.GetType().IsPrimitive || inner is decimal)
				return new JValue(inner);
			if (inner is Enum) return new JValue(Convert.ToInt64(inner));
			if (depth > Depth) return new JValue(LanguagePrimitives.ConvertTo<string>(value));
			if (inner is IDictionary table)
			{
				var entries = table.Cast<DictionaryEntry>();
				return new JObject(entries.Select(one => new JProperty($"{one.Key}", ToToken(one.Value, depth + 1))));
			}
			if (inner is IEnumerable list) return new JArray(list.Cast<object?>().Select(one => ToToken(one, depth + 1)));
			var properties = (wrapped ?? PSObject.AsPSObject(inner)).Properties;
			return new JObject(properties.Select(one => new JProperty(one.Name, ToToken(one.Value, depth + 1))));
		}
	}

	/// <summary>CSV as both PowerShells read and write it.</summary>
	static class Csv
	{
		public static string Quote(string text) => "\"" + text.Replace("\"", "\"\"") + "\"";

		public static string Line(IEnumerable<object?> values, char delimiter) =>
			string.Join(delimiter, values.Select(one => one == null ? "" : Quote(LanguagePrimitives.ConvertTo<string>(one))));

		/// <summary>The objects of a text; its first line holds the names unless they are given.</summary>
		public static IEnumerable<PSObject> Objects(TextReader text, char delimiter, string[]? header)
		{
			foreach (var row in Rows(text, delimiter))
			{
				if (header == null)
				{
					if (!row[0].StartsWith("#TYPE ")) header = row;
					continue;
				}
				var made = new PSObject();
				for (var at = 0; at < header.Length; at++)
					made.Properties.Add(new PSNoteProperty(header[at], at < row.Length ? row[at] : null));
				yield return made;
			}
		}

		static IEnumerable<string[]> Rows(TextReader text, char delimiter)
		{
			var row = new List<string>();
			var field = new StringBuilder();
			var quoted = false;
			for (var next = text.Read(); next >= 0; next = text.Read())
			{
				var letter = (char)next;
				if (quoted)
				{
					if (letter != '"') field.Append(letter);
					else if (text.Peek() == '"') field.Append((char)text.Read());
					else quoted = false;
				}
				else if (letter == '"') quoted = true;
				else if (letter == delimiter) EndField();
				else if (letter == '\n')
				{
					EndField();
					if (row.Any(one => one != "") || row.Count > 1) yield return row.ToArray();
					row.Clear();
				}
				else if (letter != '\r' || text.Peek() != '\n') field.Append(letter);
			}
			EndField();
			if (row.Any(one => one != "") || row.Count > 1) yield return row.ToArray();

			void EndField()
			{
				row.Add(field.ToString());
				field.Clear();
			}
		}
	}

	[Cmdlet(VerbsData.Import, "Csv")]
	public sealed class ImportCsv : StandIn
	{
		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		[Alias("LiteralPath")]
		public string[] Path { get; set; } = Array.Empty<string>();

		[Parameter(Position = 1)]
		public char Delimiter { get; set; } = ',';

		[Parameter]
		public string? Encoding { get; set; }

		[Parameter]
		public string[]? Header { get; set; }

		protected override void ProcessRecord()
		{
			foreach (var path in Path)
			{
				using var text = new StreamReader(ExistingPath(path), TextEncoding.ForImportCsv(Encoding), true);
				foreach (var made in Csv.Objects(text, Delimiter, Header)) WriteObject(made);
			}
		}
	}

	[Cmdlet(VerbsData.ConvertFrom, "Csv")]
	public sealed class ConvertFromCsv : StandIn
	{
		readonly StringBuilder text = new StringBuilder();

		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		[AllowEmptyString]
		public string[] InputObject { get; set; } = Array.Empty<string>();

		[Parameter(Position = 1)]
		public char Delimiter { get; set; } = ',';

		protected override void ProcessRecord()
		{
			foreach (var line in InputObject) text.Append(line).Append('\n');
		}

		protected override void EndProcessing() =>
			WriteObject(Csv.Objects(new StringReader(text.ToString()), Delimiter, null), true);
	}

	/// <summary>The first object names the columns. Without -NoTypeInformation 5.1 begins with a line #TYPE.</summary>
	[Cmdlet(VerbsData.Export, "Csv")]
	public sealed class ExportCsv : StandIn
	{
		StreamWriter? writer;
		string[]? columns;

		[Parameter(Mandatory = true, Position = 0)]
		[Alias("LiteralPath")]
		public string Path { get; set; } = "";

		[Parameter(Position = 1)]
		public char Delimiter { get; set; } = ',';

		[Parameter]
		public string? Encoding { get; set; }

		[Parameter]
		public SwitchParameter Append { get; set; }

		[Parameter]
		public SwitchParameter NoTypeInformation { get; set; }

		[Parameter(Mandatory = true, ValueFromPipeline = true)]
		public PSObject? InputObject { get; set; }

		protected override void BeginProcessing()
		{
			var path = FullPath(Path);
			if (Append && File.Exists(path) && new FileInfo(path).Length > 0)
			{
				using var text = new StreamReader(path, TextEncoding.ForImportCsv(Encoding), true);
				columns = Csv.Objects(text, Delimiter, null).FirstOrDefault()?.Properties.Select(one => one.Name).ToArray();
			}
			writer = new StreamWriter(path, Append, TextEncoding.ForExportCsv(Encoding));
		}

		protected override void ProcessRecord()
		{
			var item = InputObject!;
			if (columns == null)
			{
				columns = item.BaseObject is IDictionary table
					? table.Keys.Cast<object>().Select(one => one.ToString()!).ToArray()
					: item.Properties.Select(one => one.Name).ToArray();
				if (WindowsPowerShell && !NoTypeInformation) writer!.WriteLine($"#TYPE {item.TypeNames[0]}");
				writer!.WriteLine(Csv.Line(columns, Delimiter));
			}
			writer!.WriteLine(Csv.Line(columns.Select(one => Read(item, one)), Delimiter));
		}

		protected override void EndProcessing() => writer?.Dispose();

		protected override void StopProcessing() => writer?.Dispose();
	}

	// ---- Objects ----------------------------------------------------------------------------------------------------

	[Cmdlet(VerbsCommon.Select, "Object")]
	public sealed class SelectObject : StandIn
	{
		readonly List<PSObject> items = new List<PSObject>();

		[Parameter(ValueFromPipeline = true)]
		public PSObject? InputObject { get; set; }

		/// <summary>Names, `*`, or @{ Name = …; Expression = { … } }.</summary>
		[Parameter(Position = 0)]
		public object[]? Property { get; set; }

		[Parameter]
		public string? ExpandProperty { get; set; }

		[Parameter]
		public int? First { get; set; }

		[Parameter]
		public int? Last { get; set; }

		[Parameter]
		public int Skip { get; set; }

		[Parameter]
		public SwitchParameter Unique { get; set; }

		protected override void ProcessRecord()
		{
			if (InputObject != null) items.Add(InputObject);
		}

		protected override void EndProcessing()
		{
			var chosen = items.Skip(Skip);
			if (First is int first) chosen = chosen.Take(first);
			if (Last is int last) chosen = chosen.TakeLast(last);
			var seen = new HashSet<string>(StringComparer.Ordinal);
			foreach (var item in chosen)
			{
				var made = ExpandProperty != null ? Read(item, ExpandProperty) : Property == null ? item : Project(item);
				if (Unique && !seen.Add(Text(made))) continue;
				WriteObject(made, enumerateCollection: ExpandProperty != null);
			}
		}

		PSObject Project(PSObject item)
		{
			var made = new PSObject();
			foreach (var wanted in Property!)
			{
				if (((wanted as PSObject)?.BaseObject ?? wanted) is IDictionary table)
				{
					var name = (table["Name"] ?? table["N"] ?? table["Label"] ?? table["L"])!.ToString();
					made.Properties.Add(new PSNoteProperty(name, Read(item, (table["Expression"] ?? table["E"])!)));
					continue;
				}
				var pattern = wanted.ToString()!;
				var names = WildcardPattern.ContainsWildcardCharacters(pattern)
					? item.Properties.Match(pattern).Select(one => one.Name)
					: new[] { pattern };
				foreach (var name in names) made.Properties.Add(new PSNoteProperty(name, Read(item, name)));
			}
			return made;
		}

		static string Text(object? value)
		{
			var item = PSObject.AsPSObject(value ?? "");
			if (item.BaseObject is not PSCustomObject) return item.ToString();
			return string.Join("\0", item.Properties.Select(one => $"{one.Name}\0{one.Value}"));
		}
	}

	[Cmdlet("Sort", "Object")]
	public sealed class SortObject : StandIn
	{
		readonly List<PSObject> items = new List<PSObject>();

		[Parameter(ValueFromPipeline = true)]
		public PSObject? InputObject { get; set; }

		/// <summary>Names, or script blocks.</summary>
		[Parameter(Position = 0)]
		public object[]? Property { get; set; }

		[Parameter]
		public SwitchParameter Descending { get; set; }

		[Parameter]
		public SwitchParameter Unique { get; set; }

		protected override void ProcessRecord()
		{
			if (InputObject != null) items.Add(InputObject);
		}

		protected override void EndProcessing()
		{
			object?[] Keys(PSObject item) => Property?.Select(one => Read(item, one)).ToArray() ?? new object?[] { item };
			var comparer = Comparer<object?[]>.Create((one, other) =>
			{
				for (var at = 0; at < one.Length; at++)
				{
					var order = LanguagePrimitives.Compare(one[at], other[at], ignoreCase: true);
					if (order != 0) return order;
				}
				return 0;
			});
			var sorted = Descending ? items.OrderByDescending(Keys, comparer) : items.OrderBy(Keys, comparer);
			object?[]? last = null;
			foreach (var item in sorted)
			{
				var keys = Keys(item);
				if (Unique && last != null && comparer.Compare(last, keys) == 0) continue;
				last = keys;
				WriteObject(item);
			}
		}
	}

	/// <summary>Compares by the text of the named properties, or of the object; each side's extras come out.</summary>
	[Cmdlet(VerbsData.Compare, "Object")]
	public sealed class CompareObject : StandIn
	{
		readonly List<PSObject> difference = new List<PSObject>();

		[Parameter(Mandatory = true, Position = 0)]
		[AllowEmptyCollection]
		public PSObject[] ReferenceObject { get; set; } = Array.Empty<PSObject>();

		[Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
		[AllowEmptyCollection]
		public PSObject[] DifferenceObject { get; set; } = Array.Empty<PSObject>();

		[Parameter]
		public string[]? Property { get; set; }

		[Parameter]
		public SwitchParameter PassThru { get; set; }

		protected override void ProcessRecord() => difference.AddRange(DifferenceObject);

		protected override void EndProcessing()
		{
			var left = ReferenceObject.ToList();
			foreach (var item in difference)
			{
				var at = left.FindIndex(one => Text(one).Equals(Text(item), StringComparison.CurrentCultureIgnoreCase));
				if (at >= 0) left.RemoveAt(at);
				else Say(item, "=>");
			}
			foreach (var item in left) Say(item, "<=");
		}

		string Text(PSObject item) =>
			Property == null ? item.ToString() : string.Join("\0", Property.Select(one => Read(item, one)?.ToString()));

		void Say(PSObject item, string side)
		{
			var made = PassThru ? item : new PSObject();
			if (!PassThru && Property == null) made.Properties.Add(new PSNoteProperty("InputObject", item));
			if (!PassThru && Property != null)
				foreach (var name in Property) made.Properties.Add(new PSNoteProperty(name, Read(item, name)));
			made.Properties.Add(new PSNoteProperty("SideIndicator", side), true);
			WriteObject(made);
		}
	}

	// ---- Time -------------------------------------------------------------------------------------------------------

	[Cmdlet(VerbsCommon.Get, "Date")]
	public sealed class GetDate : StandIn
	{
		[Parameter(Position = 0, ValueFromPipeline = true)]
		public DateTime? Date { get; set; }

		[Parameter]
		public string? Format { get; set; }

		protected override void ProcessRecord()
		{
			var date = Date ?? DateTime.Now;
			WriteObject(Format == null ? date : date.ToString(Format, CultureInfo.CurrentCulture));
		}
	}

	[Cmdlet(VerbsLifecycle.Start, "Sleep")]
	public sealed class StartSleep : StandIn
	{
		readonly ManualResetEventSlim stopped = new ManualResetEventSlim();

		[Parameter(Position = 0)]
		public double Seconds { get; set; }

		[Parameter]
		public int Milliseconds { get; set; }

		protected override void ProcessRecord() => stopped.Wait(TimeSpan.FromMilliseconds(Seconds * 1000 + Milliseconds));

		protected override void StopProcessing() => stopped.Set();
	}

	// ---- Files ------------------------------------------------------------------------------------------------------

	[Cmdlet(VerbsCommon.Get, "Content")]
	public sealed class GetContent : StandIn
	{
		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		[Alias("LiteralPath")]
		public string[] Path { get; set; } = Array.Empty<string>();

		[Parameter]
		public SwitchParameter Raw { get; set; }

		[Parameter]
		public string? Encoding { get; set; }

		protected override void ProcessRecord()
		{
			foreach (var path in Path)
			{
				using var text = new StreamReader(ExistingPath(path), TextEncoding.ForContent(Encoding), true);
				if (Raw) WriteObject(text.ReadToEnd());
				else for (var line = text.ReadLine(); line != null; line = text.ReadLine()) WriteObject(line);
			}
		}
	}

	/// <summary>Set-Content and Add-Content.</summary>
	public abstract class ContentWriter : StandIn
	{
		StreamWriter? writer;

		[Parameter(Mandatory = true, Position = 0)]
		[Alias("LiteralPath")]
		public string Path { get; set; } = "";

		[Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
		[AllowNull]
		[AllowEmptyCollection]
		public object?[]? Value { get; set; }

		[Parameter]
		public string? Encoding { get; set; }

		[Parameter]
		public SwitchParameter NoNewline { get; set; }

		protected abstract bool Append { get; }

		protected override void BeginProcessing() =>
			writer = new StreamWriter(FullPath(Path), Append, TextEncoding.ForContent(Encoding));

		protected override void ProcessRecord()
		{
			foreach (var one in Value ?? Array.Empty<object?>())
			{
				writer!.Write(LanguagePrimitives.ConvertTo<string>(one));
				if (!NoNewline) writer.WriteLine();
			}
		}

		protected override void EndProcessing() => writer?.Dispose();

		protected override void StopProcessing() => writer?.Dispose();
	}

	[Cmdlet(VerbsCommon.Set, "Content")]
	public sealed class SetContent : ContentWriter
	{
		protected override bool Append => false;
	}

	[Cmdlet(VerbsCommon.Add, "Content")]
	public sealed class AddContent : ContentWriter
	{
		protected override bool Append => true;
	}

	[Cmdlet(VerbsDiagnostic.Test, "Path")]
	public sealed class TestPath : StandIn
	{
		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		[Alias("LiteralPath")]
		public string[] Path { get; set; } = Array.Empty<string>();

		/// <summary>Any, Container (a folder) or Leaf (a file).</summary>
		[Parameter]
		[ValidateSet("Any", "Container", "Leaf")]
		public string PathType { get; set; } = "Any";

		protected override void ProcessRecord()
		{
			foreach (var path in Path.Select(FullPath))
				WriteObject(PathType != "Container" && File.Exists(path) || PathType != "Leaf" && Directory.Exists(path));
		}
	}

	[Cmdlet(VerbsCommon.Join, "Path")]
	public sealed class JoinPath : StandIn
	{
		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		public string Path { get; set; } = "";

		[Parameter(Mandatory = true, Position = 1)]
		[AllowEmptyString]
		public string ChildPath { get; set; } = "";

		protected override void ProcessRecord() => WriteObject(SessionState.Path.Combine(Path, ChildPath));
	}

	[Cmdlet(VerbsCommon.Split, "Path")]
	public sealed class SplitPath : StandIn
	{
		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		public string Path { get; set; } = "";

		[Parameter]
		public SwitchParameter Parent { get; set; }

		[Parameter]
		public SwitchParameter Leaf { get; set; }

		protected override void ProcessRecord() =>
			WriteObject(Leaf ? SessionState.Path.ParseChildName(Path) : SessionState.Path.ParseParent(Path, ""));
	}

	[Cmdlet(VerbsCommon.New, "Item", SupportsShouldProcess = true)]
	public sealed class NewItem : StandIn
	{
		[Parameter(Mandatory = true, Position = 0)]
		public string Path { get; set; } = "";

		[Parameter(Mandatory = true)]
		[ValidateSet("Directory", "File")]
		public string ItemType { get; set; } = "";

		[Parameter]
		public string Value { get; set; } = "";

		[Parameter]
		public SwitchParameter Force { get; set; }

		protected override void ProcessRecord()
		{
			if (!ShouldProcess(FullPath(Path), $"Create {ItemType}")) return;
			foreach (var made in InvokeProvider.Item.New(new[] { Path }, null, ItemType, Value, Force)) WriteObject(made);
		}
	}

	[Cmdlet(VerbsCommon.Remove, "Item", SupportsShouldProcess = true)]
	public sealed class RemoveItem : StandIn
	{
		[Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
		[Alias("LiteralPath")]
		public string[] Path { get; set; } = Array.Empty<string>();

		[Parameter]
		public SwitchParameter Recurse { get; set; }

		[Parameter]
		public SwitchParameter Force { get; set; }

		protected override void ProcessRecord()
		{
			foreach (var path in Path.Select(ExistingPath))
				if (ShouldProcess(path, "Remove")) InvokeProvider.Item.Remove(new[] { path }, Recurse, Force, true);
		}
	}

	[Cmdlet(VerbsCommon.Move, "Item", SupportsShouldProcess = true)]
	public sealed class MoveItem : StandIn
	{
		[Parameter(Mandatory = true, Position = 0)]
		[Alias("LiteralPath")]
		public string Path { get; set; } = "";

		[Parameter(Mandatory = true, Position = 1)]
		public string Destination { get; set; } = "";

		[Parameter]
		public SwitchParameter Force { get; set; }

		protected override void ProcessRecord()
		{
			var from = ExistingPath(Path);
			var to = FullPath(Destination);
			if (Directory.Exists(to)) to = System.IO.Path.Combine(to, System.IO.Path.GetFileName(from));
			if (!ShouldProcess(from, $"Move to {to}")) return;
			if (Directory.Exists(from)) Directory.Move(from, to);
			else File.Move(from, to, Force);
		}
	}
}
