Cfm.Lane.Wine.ListWithoutPatterns();
return args.Length == 1 ? Cfm.Lane.Runner.Serve(args[0]) : Cfm.Lane.Runner.Run(args[0], args[1]);
