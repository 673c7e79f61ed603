Cfm.Lane.Wine.ListWithoutPatterns();
return Cfm.Lane.Runner.Run(args[0], args[1]);
