defmodule Stall.MixProject do
  use Mix.Project

  def project, do: [app: :stall, version: "0.1.0"]
end
