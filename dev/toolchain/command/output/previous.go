package output

// Variable is an environment variable.
type Variable struct{ Name, Value string }

// Previous returns the variables that hold the output of the last run, unless the input addPreviousOutputInEnv is false.
func Previous(wanted *bool, stdout, stderr string) []Variable {
	var variables []Variable
	if wanted != nil && !*wanted {
		return nil
	}
	if stdout != "" {
		variables = append(variables, Variable{"PULUMI_COMMAND_STDOUT", stdout})
	}
	if stderr != "" {
		variables = append(variables, Variable{"PULUMI_COMMAND_STDERR", stderr})
	}
	return variables
}
